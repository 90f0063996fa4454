using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>What all pictures decide in the same way about a result.</summary>
internal static class Layout
{
    /// <summary>Whether the targets are the tokens of a text the model wrote, so that they make the rows of a matrix.</summary>
    public static bool IsSequence(AttributionResult result) =>
        result.Sides.Any(side => side.Name == "target" || side.GivenLength < side.Tokens.Count);

    /// <summary>How many targets of a written text there are, in words.</summary>
    public static string Count(AttributionResult result) =>
        result.Targets.Count(target => target.SequenceLength is not null) is > 0 and var whole
        ? $"{Plural(result.Targets.Count - whole, "token")} and the whole"
        : Plural(result.Targets.Count, "token");

    /// <summary>A number of things: <c>1 token</c>, <c>2 tokens</c>.</summary>
    public static string Plural(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    /// <summary>The scale over all sides of one target.</summary>
    public static ColorScale ScaleOf(AttributionResult result, int target) =>
        ColorScale.Over(result.Sides.SelectMany(side => side.Scores[target]));

    /// <summary>The scale over all sides and targets.</summary>
    public static ColorScale ScaleOf(AttributionResult result) =>
        ColorScale.Over(result.Sides.SelectMany(side => side.Scores.SelectMany(s => s)));

    /// <summary>The columns of a comparison: every target of every result.</summary>
    public static ScoreColumn[] Columns(IReadOnlyList<AttributionResult> results) =>
        [.. results.SelectMany(result => result.Targets.Select((target, t) => new ScoreColumn(
        result, t, result.Targets.Count == 1 ? result.Method : results.Count == 1
        ? TokenCell.Spell(target.Label) : $"{result.Method} → {TokenCell.Spell(target.Label)}")))];

    /// <summary>Whether there is something to compare over the same tokens.</summary>
    public static bool IsComparison(IReadOnlyList<AttributionResult> results) =>
        !results.Any(IsSequence) && results.Sum(result => result.Targets.Count) > 1;

    /// <summary>A target's numbers in one line: f(x), f(baseline), the gap, what the scores sum to.</summary>
    public static string Note(AttributionResult result, ExplainedTarget target) => string.Join(" · ", Notes(result, target));

    /// <summary>A target's numbers, one by one.</summary>
    public static IEnumerable<string> Notes(AttributionResult result, ExplainedTarget target) =>
        Own(result, target).Select(own => $"{own.Name} {own.Value}").Concat(Notes(result));

    /// <summary>What is said of one target alone, by name: f(x), f(baseline), the gap, other numbers.</summary>
    public static IEnumerable<(string Name, string Value)> Own(AttributionResult result, ExplainedTarget target) =>
    [
        ("f(x)", Numbers.Exact(target.Score)),
        .. target.BaselineScore is { } baseline ? [($"f(baseline {result.Baseline})", Numbers.Exact(baseline))]
            : Array.Empty<(string, string)>(),
        .. target.Delta is { } delta ? [("gap", Numbers.Exact(delta))] : Array.Empty<(string, string)>(),
        .. (target.StepScores ?? new Dictionary<string, double>()).Select(score => (score.Key, Numbers.Exact(score.Value))),
    ];

    /// <summary>A result whose names, parameters and numbers' names can be written on a terminal, wherever they came from.</summary>
    public static AttributionResult Seen(AttributionResult result) => result with
    {
        Method = Markup.Visible(result.Method),
        StepName = Markup.Visible(result.StepName),
        Baseline = Seen(result.Baseline),
        Aggregator = Seen(result.Aggregator),
        AggregatedAxes = [.. result.AggregatedAxes.Select(Markup.Visible)],
        SumsTo = Seen(result.SumsTo),
        Parameters = result.Parameters.Select(p => KeyValuePair.Create(Markup.Visible(p.Key), Markup.Visible(p.Value)))
            .DistinctBy(p => p.Key).ToDictionary(),
        Targets = [.. result.Targets.Select(target => target with
        {
            StepScores = target.StepScores?.Select(score => KeyValuePair.Create(Markup.Visible(score.Key), score.Value))
                .DistinctBy(p => p.Key).ToDictionary(),
        })],
        Sides = [.. result.Sides.Select(side => side with { Name = Markup.Visible(side.Name) })],
    };

    private static string? Seen(string? text) => text is null ? null : Markup.Visible(text);

    /// <summary>What holds for all targets: the method's parameters, and how scores were put together.</summary>
    public static string Note(AttributionResult result) => string.Join(" · ", Notes(result));

    /// <summary>What holds for all targets, one by one.</summary>
    public static IEnumerable<string> Notes(AttributionResult result) => result.Parameters
        .OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key} {p.Value}")
        .Concat(new[]
        {
            result.Aggregator is { } aggregator
                ? $"{aggregator}{(result.AggregatedAxes.Count > 0 ? " over " + string.Join(" and ", result.AggregatedAxes) : "")}" : null,
            result.SumsTo is { } sum ? $"scores sum to {sum}" : null,
            result.Seed is { } seed ? string.Create(CultureInfo.InvariantCulture, $"seed {seed}") : null,
        }.OfType<string>());

    /// <summary>What a target is called in a heading.</summary>
    public static string Heading(ExplainedTarget target) => Bidi.Isolate(TextWidth.Cut(Markup.Visible(target.Label), 60));

    /// <summary>The positions to list: the strongest, in the text's order; all when there are few.</summary>
    /// <param name="strength">One magnitude per position.</param>
    /// <param name="top">How many at most; null: all of up to 32, else the 20 strongest.</param>
    public static int[] Strongest(IReadOnlyList<double> strength, int? top)
    {
        int keep = top ?? (strength.Count <= 32 ? strength.Count : 20);
        return [.. Enumerable.Range(0, strength.Count).OrderByDescending(i => strength[i]).Take(keep).Order()];
    }

    /// <summary>What a token is called in a list: in a list that leaves tokens out, with its position.</summary>
    /// <param name="cell">The token.</param>
    /// <param name="isExcerpt">Whether tokens are left out.</param>
    /// <param name="most">How many character cells the name may take.</param>
    public static string Name(TokenCell cell, bool isExcerpt, int most)
    {
        string position = isExcerpt ? string.Create(CultureInfo.InvariantCulture, $" #{cell.Position}") : "";
        return Bidi.Isolate(TextWidth.Cut(cell.Listed, most - position.Length)) + position;
    }
}

/// <summary>A column of a comparison.</summary>
/// <param name="Result">Whose scores.</param>
/// <param name="Target">For which of its targets.</param>
/// <param name="Head">Its heading: what tells it from the other columns.</param>
internal readonly record struct ScoreColumn(AttributionResult Result, int Target, string Head)
{
    /// <summary>Its own scale.</summary>
    public ColorScale Scale => Layout.ScaleOf(Result, Target);

    /// <summary>A token's score.</summary>
    public float Of(int side, int position) => Result.Sides[side].Scores[Target][position];
}
