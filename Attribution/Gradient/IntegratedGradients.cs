namespace Vitrine.Attributions;

/// <summary>
/// (x − x₀) · ∫₀¹ ∂f/∂x (x₀ + α(x − x₀)) dα: the gradient averaged along the straight path from a baseline. Both sides of an
/// encoder–decoder walk the path together.
/// </summary>
/// <remarks>
/// With <see cref="AttributionRequest.CompletenessGap"/> the path is cut where it is needed: see <see cref="AdaptivePath"/>.
/// <c>--compat captum</c> and <c>--compat inseq</c> keep the trapezoid's weights that sum to (n − 1)/n.
/// </remarks>
public sealed class IntegratedGradients : IAttributionMethod
{
    /// <summary>Points of the path when the request names none.</summary>
    public const int DefaultSteps = 50;

    /// <inheritdoc/>
    public string Name => "integrated_gradients";

    /// <inheritdoc/>
    public string Citation => "Sundararajan, Taly & Yan 2017, Axiomatic attribution for deep networks";

    /// <inheritdoc/>
    public string Cost => "steps × (1 forward, 1 backward) + 2 forwards";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline), up to the reported gap";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        ResolvedBaseline baseline = ResolvedBaseline.Of(f, request);
        var path = new StraightPath(f, baseline.Embeddings);
        double[][] ends = [path.Scores([0], request)[0], path.ScoreOfInput()];
        int steps = request.Steps ?? DefaultSteps;
        var parameters = new Dictionary<string, object> { ["multiply_by_inputs"] = request.MultiplyByInputs };
        string[] warnings = [];
        double[][] raw;
        if (request.CompletenessGap is { } gap)
        {
            AdaptivePath adaptive = AdaptivePath.Integrate(path, ends, gap, request);
            raw = adaptive.Totals;
            parameters["completeness_gap"] = gap;
            parameters["n_steps"] = adaptive.Points;
            warnings = adaptive.Reached ? [] : [$"the completeness gap {gap} was not reached within {adaptive.Points} steps"];
        }
        else
        {
            (double[] nodes, double[] weights) = request.Quadrature.Points(steps, request.Compat);
            raw = Sweep.Totals(f);
            path.Integrate(nodes, weights, raw, request, new Work(request, steps));
            parameters["n_steps"] = steps;
            parameters["method"] = request.Quadrature.Name;
        }
        if (request.MultiplyByInputs)
        {
            Slope.Multiply(raw, path.Difference);
        }
        return new Report(this, f, request)
        {
            Raw = raw,
            Axes = Slope.Axes(f),
            Scores = ends[1],
            BaselineScores = ends[0],
            Complete = request.MultiplyByInputs,
            Baseline = baseline,
            Parameters = parameters,
            Warnings = warnings,
        }.Make();
    }
}
