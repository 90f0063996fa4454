namespace Vitrine.Attributions;

/// <summary>The mean of <see cref="DeepLift"/> over several baselines: an approximation of Shapley values against that sample.</summary>
public sealed class DeepLiftShap : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "deeplift_shap";

    /// <inheritdoc/>
    public string Citation => "Lundberg & Lee 2017, A unified approach to interpreting model predictions";

    /// <inheritdoc/>
    public string Cost => "baselines × deeplift";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − the mean of f(baseline), up to the reported gap";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        ResolvedBaseline[] baselines = ResolvedBaseline.AllOf(f, request);
        double[][] raw = Sweep.Totals(f);
        double[] scores = [], from = new double[f.Targets.Count];
        var work = new Work(request, baselines.Length);
        foreach (ResolvedBaseline baseline in baselines)
        {
            (scores, double[] bottom) = DeepLift.Add(f, baseline.Embeddings, request, raw);
            from = [.. from.Zip(bottom, (sum, score) => sum + (score / baselines.Length))];
            work.Advance(1);
        }
        return new Report(this, f, request)
        {
            Raw = [.. raw.Select(side => Array.ConvertAll(side, value => value / baselines.Length))],
            Axes = Slope.Axes(f),
            Scores = scores,
            BaselineScores = from,
            Complete = true,
            Baseline = baselines.Length == 1 ? baselines[0] : null,
            Parameters = new Dictionary<string, object> { ["baselines"] = string.Join(" ", baselines.Select(b => b.Name)) },
        }.Make();
    }
}
