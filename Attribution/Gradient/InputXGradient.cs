namespace Vitrine.Attributions;

/// <summary>embedding · ∂score/∂embedding: the first-order estimate of what the score loses when the embedding goes to zero.</summary>
public sealed class InputXGradient : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "input_x_gradient";

    /// <inheritdoc/>
    public string Citation => "Shrikumar et al. 2016, Not just a black box: learning important features through propagating activation "
        + "differences";

    /// <inheritdoc/>
    public string Cost => "1 forward, 1 backward";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(0) where the score is linear in the embeddings, otherwise nothing in particular";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        (double[] scores, double[][] raw) = Slope.At(f, request);
        Slope.Multiply(raw, [.. f.Sides.Select(side => side.Embeddings)]);
        return new Report(this, f, request) { Raw = raw, Axes = Slope.Axes(f), Scores = scores }.Make();
    }
}
