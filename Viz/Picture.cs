using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>The picture that suits an explanation.</summary>
public static class Picture
{
    /// <summary>A matrix for a written text, a comparison for several methods, bars for one.</summary>
    /// <param name="explanation">What to draw. Of several targets that are no written text, and of several methods on one, the first is drawn.</param>
    /// <param name="top">How many tokens at most; null: as many as can be read.</param>
    public static string Svg(Explanation explanation, int? top = null)
    {
        IReadOnlyList<AttributionResult> results = explanation.Results;
        return Layout.IsSequence(results[0]) ? ScoreMatrix.Svg(results[0])
            : results.Count > 1 ? MethodComparison.Svg(results, 0, top)
            : TokenBars.Svg(results[0], 0, top);
    }
}
