using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>The tables that stand beside an explanation.</summary>
internal static class Grids
{
    /// <summary>How far methods agree; null where there is only one.</summary>
    public static Grid? Agreement(Explanation explanation) => explanation.Agreements is not [var first, ..] ? null : new()
    {
        Title = "Do the methods agree?",
        Head = ["methods", ">Spearman", ">Kendall", string.Create(CultureInfo.InvariantCulture, $">top {first.Top} shared"), ">same sign"],
        Rows = [.. explanation.Agreements.Select(a => (string[])[$"{a.First} · {a.Second}", Correlation(a.Spearman), Correlation(a.Kendall), Share(a.TopOverlap), Share(a.SameSign)])],
        Note = "Rank correlation of importance |score|; special tokens left out.",
    };

    /// <summary>The strongest tokens of the combined scores; null where none were combined.</summary>
    public static Grid? Ranking(Explanation explanation) => explanation.Ranking.Count == 0 ? null : new()
    {
        Title = $"Strongest tokens: {explanation.Results[^1].Method} of {explanation.Results[^1].Parameters.GetValueOrDefault("methods", "")}",
        Head = [">#", "token", ">score"],
        Rows = [.. explanation.Ranking.Select(token => (string[])
            [token.Rank.ToString(CultureInfo.InvariantCulture), Name(explanation.Results[^1], token), Numbers.Scores(explanation.Ranking.Max(t => Math.Abs(t.Score)), explanation.Ranking.Any(t => t.Score < 0))(token.Score)])],
    };

    /// <summary>A correlation, −1 to 1.</summary>
    public static string Correlation(double value) => double.IsNaN(value) ? "n/a" : value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    /// <summary>A share, 0 to 1.</summary>
    public static string Share(double value) => double.IsNaN(value) ? "n/a" : value.ToString("0 %", CultureInfo.InvariantCulture);

    private static string Name(AttributionResult result, RankedToken token) => TokenCell.Of(result.Sides[token.Side], [])[token.Position].Listed;
}
