namespace Vitrine.Attributions;

/// <summary>
/// Which sentences of the context an answer comes from: sentences are removed at random, and a sparse linear model explains by what was
/// left how likely the answer still is. Its coefficients are the scores.
/// </summary>
/// <remarks>
/// Lasso on standardised indicators with α = 0.01 per answered token, so that few sentences have a score. The paper explains the log-odds
/// of the whole answer: <see cref="WholeSequence"/> with <see cref="SequenceStep.LogOdds"/>. Removed sentences are replaced by the
/// baseline, which keeps positions; the authors' code deletes them. Without feature groups, sentences are found by punctuation.
/// </remarks>
public sealed class ContextCite : IAttributionMethod
{
    /// <summary>Ablations when the request names no number, as in the authors' code.</summary>
    public const int DefaultSamples = 64;

    private const double Alpha = 0.01;

    /// <inheritdoc/>
    public string Name => "context_cite";

    /// <inheritdoc/>
    public string Citation => "Cohen-Wang, Shah, Georgiev & Mądry 2024, ContextCite: attributing model generation to context";

    /// <inheritdoc/>
    public string Cost => "at most samples + 1 forwards";

    /// <inheritdoc/>
    public string SumsTo => "the surrogate's answer with all sentences less its answer with none";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        request = request with { FeatureGroups = request.FeatureGroups ?? FeatureGroups.Sentences(f, givenOnly: true) };
        var game = new Game(this, f, request);
        var random = request.Randomness(request.Seed);
        Coalition[] kept = [.. Enumerable.Range(0, request.Samples ?? DefaultSamples)
            .Select(_ => Coalition.Of(game.Count, _ => random.Next(2) == 1))];
        Surrogate surrogate = request.Surrogate ?? Surrogate.Lasso(Alpha * (f is WholeSequence whole ? whole.Length : 1));
        double[][] values = game.Values(kept);
        double[][] scores = [.. Enumerable.Range(0, game.Targets)
            .Select(t => Fit(game, kept, [.. values.Select(value => value[t])], surrogate))];
        return game.Report(this, scores, random: true, parameters: new() { ["n_samples"] = kept.Length, ["surrogate"] = surrogate }).Make();
    }

    /// <summary>Coefficients of the indicators, fitted at mean 0 and variance 1 so that the penalty treats all alike.</summary>
    private static double[] Fit(Game game, Coalition[] kept, double[] y, Surrogate surrogate)
    {
        double[] rate = [.. Enumerable.Range(0, game.Count).Select(player => kept.Average(set => set.Has(player) ? 1.0 : 0))];
        double[] deviation = Array.ConvertAll(rate, p => p is 0 or 1 ? 1 : Math.Sqrt(p * (1 - p)));
        double[][] x = [.. kept.Select(set => deviation.Select((scale, player) => ((set.Has(player) ? 1 : 0) - rate[player]) / scale)
            .ToArray())];
        double[] weights = [.. kept.Select(_ => 1.0)];
        return [.. surrogate.Fit(x, y, weights).Coefficients.Select((b, player) => b / deviation[player])];
    }
}
