namespace Vitrine;

public sealed partial class Explainer
{
    /// <summary>
    /// Looking inside: patches, circuits, lenses, heads, neurons, interventions, sparse autoencoders, weights, positions, similarity
    /// (<c>docs/INSIDE.md</c>).
    /// </summary>
    public Inside Inside => new(_loaded, _options, _turn);
}
