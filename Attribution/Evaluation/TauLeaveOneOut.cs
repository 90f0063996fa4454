namespace Vitrine.Attributions;

/// <summary>
/// Whether tokens rank as their absence does: Kendall's τ-b between the scores and what f loses without each token alone.
/// </summary>
public sealed class TauLeaveOneOut : IMetric
{
    /// <inheritdoc/>
    public string Name => "tau_loo";

    /// <inheritdoc/>
    public string Citation => "Jain & Wallace 2019, Attention is not explanation; as in ferret, Attanasio et al. 2023";

    /// <inheritdoc/>
    public string Formula => "τ-b(s, f(x) − f(x∖i)) over the tokens i";

    /// <inheritdoc/>
    public string Range => "−1 to 1";

    /// <inheritdoc/>
    public bool HigherIsBetter => true;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        Game game = trial.Game;
        double[][] without = game.Values([.. Enumerable.Range(0, game.Count).Select(game.Full.Without)]);
        return [.. trial.Full.Select((full, t) =>
        {
            double[] scores = trial.Scores(result, t);
            int[] players = trial.Reached(t);
            return RankCorrelation.KendallTau([.. players.Select(p => scores[p])], [.. players.Select(p => full - without[p][t])]);
        })];
    }
}
