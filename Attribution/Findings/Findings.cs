namespace Vitrine.Attributions;

/// <summary>The tests of a report: each asks one question of all explanations, and shows the numbers that answer it.</summary>
public static class Findings
{
    /// <summary>The method that every other should beat.</summary>
    internal const string Control = "random";

    /// <summary>Tests everything that the analyses and the scoreboard allow.</summary>
    /// <param name="analyses">What was explained.</param>
    /// <param name="board">How the methods did; null where that was not measured.</param>
    public static IReadOnlyList<Finding> Of(IEnumerable<Analysis> analyses, Scoreboard? board = null) => Of(Tally.Of(analyses), board);

    /// <summary>Tests everything that the tally and the scoreboard allow.</summary>
    /// <param name="tally">What was explained.</param>
    /// <param name="board">How the methods did; null where that was not measured.</param>
    public static IReadOnlyList<Finding> Of(Tally tally, Scoreboard? board = null)
    {
        MethodTally[] methods = [.. tally.Methods.Where(method => method.Example.Method != Control)];
        List<Finding> findings =
        [
            new("special_tokens", "Do methods rest on special tokens?",
                "share of Σ|score| on tokens of the model's format ([CLS], </s>…); a warning above 0.25", 0.25,
                Rows(methods, method => method.Special, value => value > 0.25),
                "These tokens carry no word. Leave them out of the reading, or choose a baseline that keeps them."),
            Mass(methods, "punctuation", "Do methods rest on punctuation?", method => method.Punctuation, least: 0.2, lift: 1.5,
                "Look at single texts: a full stop that decides is often a trace of how the training texts were made."),
            Mass(methods, "function_words", "Do methods rest on words without content?", method => method.Function, least: 0.3, lift: 1.2,
                "Compare with a perturbation method: if that agrees, the model itself uses these words."),
            new("no_signal", "Do methods find nothing at all?", "share of targets whose scores are all 0; a warning above 0", 0,
                Rows(methods, method => method.Nothing, value => value > 0),
                "The baseline may equal the input, or the explained number does not depend on it. Try another --baseline or --score."),
            new("completeness", "Do scores miss what they promise to sum to?",
                "mean of |Σ score − (f(x) − f(baseline))| / max(|f(x) − f(baseline)|, 0.001), for methods that promise it; "
                + "a warning above 0.05", 0.05,
                Rows(methods, method => method.Gap, value => value > 0.05),
                "Take more steps (--steps), or let them grow until the gap is small (--gap 0.01)."),
            new("saturation", "Is the explained probability saturated?",
                "share of targets with probability above 0.99, where the probability itself is explained: its slope is then below 0.01; "
                + "a warning above 0.1", 0.1,
                Rows(methods, method => method.Saturated, value => value > 0.1),
                "Explain the logit or log-odds instead (--score logit): gradients of a saturated probability are noise."),
        ];
        if (methods.Length > 1)
        {
            findings.Add(new(
                "disagreement", "Do methods disagree?", "mean Spearman correlation of importance |score| between two methods; "
                + "a warning below 0.3", 0.3,
                [.. tally.Pairs.Select(pair => Row(pair.Key, pair.Value.Value, value => value < 0.3))],
                "They answer different questions, or one is wrong. Trust the one that 'vitrine evaluate' ranks higher."));
        }
        if (board is { Texts: > 1 } && board.Methods.Contains(Control))
        {
            findings.AddRange(board.Metrics.Where(metric => metric is Comprehensiveness or Sufficiency or Deletion or Insertion)
                .Select(metric => Unfaithful(board, metric)));
        }
        return [.. findings.Where(finding => finding.Rows.Count > 0)];
    }

    private static Finding Mass(
        MethodTally[] methods, string name, string question, Func<MethodTally, MethodTally.KindTally> kind, double least, double lift,
        string advice)
    {
        double share = methods.Length == 0 ? 0 : kind(methods[0]).OfTokens.Value;
        double threshold = Math.Max(least, lift * share);
        return new(
            name, question,
            FormattableString.Invariant($"share of Σ|score| on them, where they are {share:0.00} of the tokens; ")
                + FormattableString.Invariant($"a warning above {threshold:0.00}, the larger of {least} and {lift} times that"),
            threshold,
            Rows(methods, method => kind(method).OfScores.Value, value => value > threshold),
            advice);
    }

    private static Finding Unfaithful(Scoreboard board, IMetric metric) => new(
        $"unfaithful_{metric.Name}", $"Is any method not shown to beat chance by {metric.Name}?",
        $"lower end of the 95 % interval of the lead over random scores on the same {board.Texts} texts; a warning at 0 and below", 0,
        [.. board.Methods.Where(method => method != Control).Select(method => (method, Lead: board.Lead(method, Control, metric)))
            .Where(row => double.IsFinite(row.Lead.HalfWidth))
            .Select(row => Row(row.method, row.Lead.Mean - row.Lead.HalfWidth, value => value <= 0))],
        "Do not use it for this model, or measure it on more texts: few texts make wide intervals.");

    private static FindingRow Row(string label, double value, Func<double, bool> isOver) => new(label, value, isOver(value));

    private static FindingRow[] Rows(MethodTally[] methods, Func<MethodTally, double?> number, Func<double, bool> isOver) =>
        [.. methods.Select(method => (method.Example.Method, Value: number(method))).Where(row => row.Value is not null)
            .Select(row => Row(row.Method, row.Value!.Value, isOver))];
}
