namespace Vitrine.Attributions;

/// <summary>How far the scores are from summing to what they explain, as a share of it.</summary>
public sealed class CompletenessGap : IMetric
{
    /// <inheritdoc/>
    public string Name => "completeness_gap";

    /// <inheritdoc/>
    public string Citation => "Sundararajan, Taly & Yan 2017, Axiomatic attribution for deep networks";

    /// <inheritdoc/>
    public string Formula => "|Σ s − (f(x) − f(b))| / max(|f(x) − f(b)|, 0.001), b the method's own baseline, else the trial's";

    /// <inheritdoc/>
    public string Range => "0 to ∞";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        _ = trial.Scores(result, 0);
        return [.. trial.Full.Select((full, t) =>
        {
            double total = result.Sides.Sum(side => side.Scores[t].Sum(score => (double)score));
            double change = full - (result.Targets[t].BaselineScore ?? trial.Game.Value(trial.Game.Empty)[t]);
            return Math.Abs(total - change) / Math.Max(Math.Abs(change), 1e-3);
        })];
    }
}
