using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>The picture that suits an explanation.</summary>
public static class Picture
{
    private const int MostColumns = 6; // of bars; more targets make the rows of a matrix

    /// <summary>A matrix for a written text or many targets, a comparison for several methods or targets, bars for one.</summary>
    /// <param name="explanation">What to draw. Of several methods on a written text the first is drawn.</param>
    /// <param name="top">How many tokens at most; null: as many as can be read.</param>
    public static string Svg(Figure explanation, int? top = null)
    {
        IReadOnlyList<AttributionResult> results = explanation.Results;
        return Layout.IsSequence(results[0]) || (results.Count == 1 && results[0].Targets.Count > MostColumns)
            ? ScoreMatrix.Svg(results[0], top)
            : Layout.IsComparison(results) ? MethodComparison.Svg(results, top)
            : TokenBars.Svg(results[0], 0, top);
    }
}
