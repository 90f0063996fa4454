using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// The activations at hook points themselves, token by token: not an attribution of the score, but what there is to attribute to.
/// </summary>
public sealed class LayerActivation : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "layer_activation";

    /// <inheritdoc/>
    public string Citation => "Kokhlikyan et al. 2020, Captum: a unified and generic model interpretability library for PyTorch";

    /// <inheritdoc/>
    public string Cost => "1 forward";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular; the same for every target";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var layer = new LayerScore(f, request.Hooks);
        return new Report(this, layer, request)
        {
            Raw = [.. layer.Sides.Select(side => Enumerable.Repeat(Values(side), f.Targets.Count).SelectMany(row => row).ToArray())],
            Axes = Slope.Axes(layer),
            Aggregator = Aggregators.VectorNorm,
            Scores = Array.ConvertAll(f.Score(Sweep.Input(f)).ToArray(), score => (double)score),
            Parameters = new Dictionary<string, object> { ["hooks"] = string.Join(" ", request.Hooks) },
        }.Make();
    }

    /// <summary>The activations, <c>[pos, unit]</c>; 0 at padding, which nothing reads.</summary>
    private static double[] Values(InputSide side)
    {
        int width = side.Embeddings.Shape[^1];
        return [.. side.Embeddings.ToArray().Select((x, i) => side.IsPadding(i / width) ? 0 : (double)x)];
    }
}
