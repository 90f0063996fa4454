namespace Vitrine.Attributions;

/// <summary>
/// A method that explains the activation of neurons instead of the score: <c>neuron_gradient</c>, <c>neuron_integrated_gradients</c>.
/// </summary>
public sealed class OfNeuron : IAttributionMethod
{
    private readonly IAttributionMethod _inner;

    internal OfNeuron(IAttributionMethod inner, string name) => (_inner, Name) = (inner, name);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Citation => _inner.Citation;

    /// <inheritdoc/>
    public string Cost => _inner.Cost;

    /// <inheritdoc/>
    public string SumsTo => $"{_inner.SumsTo}, where f is the neuron's activation";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        AttributionResult result = _inner.Attribute(new NeuronScore(f, request), request);
        return result with
        {
            Method = Name,
            SumsTo = SumsTo,
            Parameters = new Dictionary<string, string>(result.Parameters) { ["hooks"] = request.Hooks[0] },
        };
    }
}
