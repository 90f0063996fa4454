namespace Vitrine.Attributions;

/// <summary>∫₀¹ ∂f/∂h at x₀ + α(x − x₀) dα: the gradient at a layer, averaged while the input walks from a baseline.</summary>
public sealed class InternalInfluence : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "internal_influence";

    /// <inheritdoc/>
    public string Citation => "Leino et al. 2018, Influence-directed explanations for deep convolutional networks";

    /// <inheritdoc/>
    public string Cost => "steps × (1 forward, 1 backward) + 3 forwards";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular: a mean steepness";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var path = new LayerPath(f, request);
        int steps = request.Steps ?? IntegratedGradients.DefaultSteps;
        (double[] nodes, double[] weights) = request.Quadrature.Points(steps, request.Compat);
        double[][] raw = Sweep.Totals(path.Layer);
        path.Walk(nodes, (node, hook, activation, gradients) =>
        {
            for (int i = 0; i < raw[hook].Length; i++)
            {
                raw[hook][i] += weights[node] * gradients[i / activation.Length][i % activation.Length];
            }
        });
        return new Report(this, path.Layer, request)
        {
            Raw = raw,
            Axes = Slope.Axes(path.Layer),
            Aggregator = Aggregators.VectorNorm,
            Scores = path.Ends[1],
            Baseline = path.Baseline,
            Parameters = new Dictionary<string, object>
            {
                ["hooks"] = string.Join(" ", request.Hooks),
                ["n_steps"] = steps,
                ["method"] = request.Quadrature.Name
            },
        }.Make();
    }
}
