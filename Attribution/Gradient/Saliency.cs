using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>∂score/∂embedding: how steeply the score changes with each token's embedding.</summary>
/// <remarks>
/// Raw scores keep the gradient's sign; <c>--compat captum</c> and <c>--compat inseq</c> take |·| first, as both do. The
/// default aggregation is the L2 norm over d_model (<c>vnorm</c>); <c>sum</c> gives the signed sum, <c>l1</c> Σ|·|.
/// </remarks>
public sealed class Saliency : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "saliency";

    /// <inheritdoc/>
    public string Citation => "Simonyan, Vedaldi & Zisserman 2014, Deep inside convolutional networks";

    /// <inheritdoc/>
    public string Cost => "1 forward, 1 backward";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular: a steepness, not a share";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        (double[] scores, double[][] gradients) = Slope.At(f, request);
        if (request.Compat.RunsCaptum())
        {
            gradients = [.. gradients.Select(side => Array.ConvertAll(side, Math.Abs))];
        }
        return new Report(this, f, request)
        {
            Raw = gradients,
            Axes = Slope.Axes(f),
            Aggregator = Aggregators.VectorNorm,
            Scores = scores,
            Parameters = new Dictionary<string, object> { ["absolute"] = request.Compat.RunsCaptum() },
        }.Make();
    }
}
