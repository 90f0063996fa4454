namespace Vitrine.Attributions;

/// <summary>Whether tokens that speak for a target raise it: they are added one by one, the weakest first.</summary>
/// <remarks>
/// AI Explainability 360's <c>monotonicity_metric</c> is another: yes or no, over all tokens whatever their sign, and a step that changes
/// nothing passes.
/// </remarks>
public sealed class Monotonicity : IMetric
{
    /// <inheritdoc/>
    public string Name => "monotonicity";

    /// <inheritdoc/>
    public string Citation => "Luss et al. 2021, Leveraging latent features for local explanations";

    /// <inheritdoc/>
    public string Formula => "share of the tokens with s > 0 that raise f when they are added in order of rising s, the others absent";

    /// <inheritdoc/>
    public string Range => "0 to 1; NaN where no score is above 0";

    /// <inheritdoc/>
    public bool HigherIsBetter => true;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        Game game = trial.Game;
        List<(int Target, Coalition Coalition)> all = [];
        for (int t = 0; t < trial.Function.Targets.Count; t++)
        {
            double[] scores = trial.Scores(result, t);
            Coalition present = Coalition.Of(game.Count, player => !game.Reaches(t, player));
            all.Add((t, present));
            foreach (int player in trial.Order(result, t).Reverse().Where(player => scores[player] > 0))
            {
                present = present.With(player);
                all.Add((t, present));
            }
        }
        double[][] values = game.Values([.. all.Select(one => one.Coalition)]);
        return [.. trial.Function.Targets.Select((_, t) =>
        {
            double[] path = [.. Enumerable.Range(0, all.Count).Where(i => all[i].Target == t).Select(i => values[i][t])];
            return path.Length < 2 ? double.NaN : path.Skip(1).Where((value, i) => value > path[i]).Count() / (path.Length - 1.0);
        })];
    }
}
