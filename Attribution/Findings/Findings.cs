namespace Vitrine.Attributions;

/// <summary>The tests of a report: each asks one question of all explanations, and shows the numbers that answer it.</summary>
public static class Findings
{
    private const string Control = "random";

    /// <summary>Tests everything that the analyses and the scoreboard allow.</summary>
    /// <param name="analyses">What was explained.</param>
    /// <param name="board">How the methods did; null where that was not measured.</param>
    public static IReadOnlyList<Finding> Of(IReadOnlyList<Analysis> analyses, Scoreboard? board = null)
    {
        AttributionResult[][] methods = [.. analyses.SelectMany(a => a.Results).Where(r => r.Method != Control).GroupBy(r => r.Method).Select(group => group.ToArray())];
        List<Finding> findings =
        [
            SpecialTokens(methods),
            Mass(methods, "punctuation", "Do methods rest on punctuation?", WordKinds.IsPunctuation, least: 0.2, lift: 1.5,
                "Look at single texts: a full stop that decides is often a trace of how the training texts were made."),
            Mass(methods, "function_words", "Do methods rest on words without content?", WordKinds.IsFunctionWord, least: 0.3, lift: 1.2,
                "Compare with a perturbation method: if that agrees, the model itself uses these words."),
            Nothing(methods),
            Gap(methods),
            Saturation(methods),
        ];
        if (methods.Length > 1)
        {
            findings.Add(Disagreement(analyses));
        }
        if (board is { Texts: > 1 } && board.Methods.Contains(Control))
        {
            findings.AddRange(board.Metrics.Where(metric => metric is Comprehensiveness or Sufficiency or Deletion or Insertion).Select(metric => Unfaithful(board, metric)));
        }
        return [.. findings.Where(finding => finding.Rows.Count > 0)];
    }

    private static Finding SpecialTokens(AttributionResult[][] methods) => new(
        "special_tokens", "Do methods rest on special tokens?",
        "share of Σ|score| on tokens of the model's format ([CLS], </s>…); a warning above 0.25", 0.25,
        [.. methods.Select(results => Row(results[0].Method, results.Average(r => Share(r, (side, p) => side.Tokens[p].IsSpecial)), value => value > 0.25))],
        "These tokens carry no word. Leave them out of the reading, or choose a baseline that keeps them.");

    private static Finding Mass(
        AttributionResult[][] methods, string name, string question, Func<SideScores, int, bool> isKind, double least, double lift, string advice)
    {
        double share = methods.Length == 0 ? 0 : methods[0].Average(r => Count(r, isKind));
        double threshold = Math.Max(least, lift * share);
        return new(
            name, question,
            FormattableString.Invariant($"share of Σ|score| on them, where they are {share:0.00} of the tokens; a warning above {threshold:0.00}, the larger of {least} and {lift} times that"), threshold,
            [.. methods.Select(results => Row(results[0].Method, results.Average(r => Share(r, isKind)), value => value > threshold))],
            advice);
    }

    private static Finding Nothing(AttributionResult[][] methods) => new(
        "no_signal", "Do methods find nothing at all?", "share of targets whose scores are all 0; a warning above 0", 0,
        [.. methods.Select(results => Row(results[0].Method, results.Average(r => r.Targets.Select((_, t) => Total(r, t) == 0 ? 1.0 : 0).Average()), value => value > 0))],
        "The baseline may equal the input, or the explained number does not depend on it. Try another --baseline or --score.");

    private static Finding Gap(AttributionResult[][] methods) => new(
        "completeness", "Do scores miss what they promise to sum to?",
        "mean of |Σ score − (f(x) − f(baseline))| / max(|f(x) − f(baseline)|, 0.001), for methods that promise it; a warning above 0.05", 0.05,
        [.. methods.Select(results => (results[0].Method, Gaps: results.SelectMany(r => r.Targets).Where(t => t is { Delta: not null, BaselineScore: not null })
                .Select(t => Math.Abs(t.Delta!.Value) / Math.Max(Math.Abs(t.Score - t.BaselineScore!.Value), 1e-3)).ToArray()))
            .Where(row => row.Gaps.Length > 0).Select(row => Row(row.Method, row.Gaps.Average(), value => value > 0.05))],
        "Take more steps (--steps), or let them grow until the gap is small (--gap 0.01).");

    private static Finding Saturation(AttributionResult[][] methods) => new(
        "saturation", "Is the explained probability saturated?",
        "share of targets with probability above 0.99, where the probability itself is explained: its slope is then below 0.01; a warning above 0.1", 0.1,
        [.. methods.Select(results => (results[0].Method, Targets: results.Where(r => r.StepName == "probability").SelectMany(r => r.Targets).Where(t => t.Probability is not null).ToArray()))
            .Where(row => row.Targets.Length > 0).Select(row => Row(row.Method, row.Targets.Average(t => t.Probability > 0.99 ? 1.0 : 0), value => value > 0.1))],
        "Explain the logit or log-odds instead (--score logit): gradients of a saturated probability are noise.");

    private static Finding Disagreement(IReadOnlyList<Analysis> analyses) => new(
        "disagreement", "Do methods disagree?", "mean Spearman correlation of importance |score| between two methods; a warning below 0.3", 0.3,
        [.. analyses.SelectMany(a => Agreement.OfPairs([.. a.Results.Where(r => r.Method != Control)]))
            .Where(pair => double.IsFinite(pair.Spearman)).GroupBy(pair => $"{pair.First} · {pair.Second}")
            .Select(group => Row(group.Key, group.Average(pair => pair.Spearman), value => value < 0.3))],
        "They answer different questions, or one is wrong. Trust the one that 'vitrine evaluate' ranks higher.");

    private static Finding Unfaithful(Scoreboard board, IMetric metric) => new(
        $"unfaithful_{metric.Name}", $"Is any method not shown to beat chance by {metric.Name}?",
        $"lower end of the 95 % interval of the lead over random scores on the same {board.Texts} texts; a warning at 0 and below", 0,
        [.. board.Methods.Where(method => method != Control).Select(method => (method, Lead: board.Lead(method, Control, metric)))
            .Where(row => double.IsFinite(row.Lead.HalfWidth)).Select(row => Row(row.method, row.Lead.Mean - row.Lead.HalfWidth, value => value <= 0))],
        "Do not use it for this model, or measure it on more texts: few texts make wide intervals.");

    private static FindingRow Row(string label, double value, Func<double, bool> isOver) => new(label, value, isOver(value));

    private static double Total(AttributionResult result, int target) => result.Sides.Sum(side => side.Scores[target].Sum(score => (double)Math.Abs(score)));

    /// <summary>The share of a kind of token in Σ|score|, mean over the targets that have any.</summary>
    private static double Share(AttributionResult result, Func<SideScores, int, bool> isKind) => result.Targets.Select((_, t) => (t, total: Total(result, t)))
        .Where(row => row.total > 0)
        .Select(row => result.Sides.Sum(side => Enumerable.Range(0, side.Tokens.Count).Where(p => isKind(side, p)).Sum(p => (double)Math.Abs(side.Scores[row.t][p]))) / row.total)
        .DefaultIfEmpty(0).Average();

    private static double Count(AttributionResult result, Func<SideScores, int, bool> isKind) =>
        (double)result.Sides.Sum(side => Enumerable.Range(0, side.Tokens.Count).Count(p => isKind(side, p))) / result.Sides.Sum(side => side.Tokens.Count);
}
