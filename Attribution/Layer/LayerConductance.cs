namespace Vitrine.Attributions;

/// <summary>
/// How much of f(x) − f(baseline) flows through each unit of a layer: Σ over the path of ∂f/∂h · Δh, the integrated gradient of the input
/// by the chain rule through h.
/// </summary>
/// <remarks>
/// The path is cut into equal steps, and each step's Δh meets the mean of the gradients at its ends. <c>--compat captum</c> takes the steps
/// between n + 1 nodes of the quadrature, which do not reach the ends of the path, and the gradient at the step's beginning.
/// </remarks>
public sealed class LayerConductance : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "layer_conductance";

    /// <inheritdoc/>
    public string Citation => "Dhamdhere, Sundararajan & Yan 2019, How important is a neuron?";

    /// <inheritdoc/>
    public string Cost => "(steps + 1) × (1 forward, 1 backward) + 3 forwards";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline) over a layer that everything passes through, up to the reported gap";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var path = new LayerPath(f, request);
        int steps = request.Steps ?? IntegratedGradients.DefaultSteps;
        bool captum = request.Compat.RunsCaptum();
        double[] nodes = captum ? request.Quadrature.Points(steps + 1,
            request.Compat).Nodes : [.. Enumerable.Range(0, steps + 1).Select(i => (double)i / steps)];
        double[][] raw = Sweep.Totals(path.Layer);
        var before = new (float[] Activation, float[][] Gradients)[request.Hooks.Count];
        path.Walk(nodes, (node, hook, activation, gradients) =>
        {
            if (node > 0)
            {
                (float[] from, float[][] slopes) = before[hook];
                for (int i = 0; i < raw[hook].Length; i++)
                {
                    (int t, int unit) = (i / activation.Length, i % activation.Length);
                    double slope = captum ? slopes[t][unit] : ((double)slopes[t][unit] + gradients[t][unit]) / 2;
                    raw[hook][i] += slope * ((double)activation[unit] - from[unit]);
                }
            }
            before[hook] = (activation, gradients);
        });
        return new Report(this, path.Layer, request)
        {
            Raw = raw,
            Axes = Slope.Axes(path.Layer),
            Scores = path.Ends[1],
            BaselineScores = path.Ends[0],
            Complete = true,
            Baseline = path.Baseline,
            Parameters = new Dictionary<string, object> { ["hooks"] = string.Join(" ", request.Hooks), ["n_steps"] = steps },
        }.Make();
    }
}
