using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>The tables that stand next to an explanation.</summary>
internal static class Grids
{
    /// <summary>How far methods agree; null where there is only one.</summary>
    public static Grid? Agreement(Figure explanation) => explanation.Agreements is not [var first, ..] ? null : new()
    {
        Title = "Do the methods agree?",
        Head = ["methods", ">Spearman", ">Kendall", string.Create(CultureInfo.InvariantCulture, $">top {first.Top} shared"), ">same sign"],
        Rows = [.. explanation.Agreements.Select(a => (string[])[$"{a.First} · {a.Second}", Correlation(a.Spearman), Correlation(a.Kendall),
            Share(a.TopOverlap), Share(a.SameSign)])],
        Note = "Rank correlation of importance |score|; special tokens left out.",
    };

    /// <summary>The strongest tokens of the combined scores; null where none were combined.</summary>
    public static Grid? Ranking(Figure explanation) => explanation.Ranking.Count == 0 ? null : new()
    {
        Title = $"Strongest tokens: {explanation.Results[^1].Method} "
            + $"of {explanation.Results[^1].Parameters.GetValueOrDefault("methods", "")}",
        Head = [">#", "token", ">score"],
        Rows = [.. explanation.Ranking.Select(token => (string[])
            [token.Rank.ToString(CultureInfo.InvariantCulture), Name(explanation.Results[^1], token),
                Numbers.Scores(explanation.Ranking.Max(t => Math.Abs(t.Score)), explanation.Ranking.Any(t => t.Score < 0))(token.Score)])],
    };

    /// <summary>Which written tokens depend on the context; null where that was not asked.</summary>
    public static Grid? Sensitive(Figure explanation) => explanation.Context is not { } context ? null : new()
    {
        Title = "Which written tokens depend on the context?",
        Head = ["", "token", $">{context.Metric}", ">p with", ">p without"],
        Rows = [.. context.Written.Select(token => (string[])[token.IsSensitive ? "▸" : "", Named(token), Numbers.Exact(token.Score),
            Numbers.Percent(token.Probability), Numbers.Percent(token.ProbabilityWithout)])],
        Note = context.Cues.Count > 0 ? $"▸ from {Numbers.Exact(context.Threshold)} on: mean + k standard deviations." : $"None "
        + $"reaches {Numbers.Exact(context.Threshold)}.",
    };

    /// <summary>Which tokens of the context they come from; null where nothing depends on it.</summary>
    public static Grid? Cues(Figure explanation) => explanation.Context is not { Cues.Count: > 0 } context ? null : new()
    {
        Title = "Which tokens of the context do they come from?",
        Head = ["token", "without context", "cues"],
        Rows = [.. context.Cues.Select(cues => (string[])
        [
            Named(context.Written[cues.Token]),
            TokenCell.Spell(cues.Alternative).Trim(),
            string.Join(" · ", cues.Cues.Select(cue => $"{Surface(context, cue)} {Numbers.Exact(cue.Score)}")),
        ])],
        Note = context.Cues.Any(cues => cues.Cues.Count == 0) ? "No cue: the context's tokens do not differ enough." : "",
    };

    /// <summary>A correlation, −1 to 1.</summary>
    public static string Correlation(double value) => double.IsNaN(value)
        ? "n/a" : value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    /// <summary>A share, 0 to 1.</summary>
    public static string Share(double value) => double.IsNaN(value) ? "n/a" : value.ToString("0 %", CultureInfo.InvariantCulture);

    private static string Named(WrittenToken token) => TokenCell.Spell(token.Label).Trim();

    // As the text reads; a piece of bytes has no spelling as text.
    private static string Surface(ContextReliance context, ContextCue cue) =>
        Bidi.Isolate(context.Attribution is { } found
            ? TokenCell.Of(found.Sides[cue.Side], [])[cue.Position].Text : TokenCell.Spell(cue.Piece).Trim());

    private static string Name(AttributionResult result, RankedToken token) =>
        TokenCell.Of(result.Sides[token.Side], [])[token.Position].Listed;
}
