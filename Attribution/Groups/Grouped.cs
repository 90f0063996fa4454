namespace Vitrine.Attributions;

/// <summary>
/// Any method over groups of tokens: one score per word, sentence, span. Perturbation methods take a group away as a whole; the scores of
/// other methods are added up, which for scores that are linear in the features is the same.
/// </summary>
/// <param name="method">The method.</param>
/// <param name="groups">From the function to its groups, e.g. <see cref="FeatureGroups.Words"/>.</param>
public sealed class Grouped(IAttributionMethod method, Func<ScoreFunction, IReadOnlyList<int[]>> groups) : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => method.Name;

    /// <inheritdoc/>
    public string Citation => method.Citation;

    /// <inheritdoc/>
    public string Cost => method.Cost;

    /// <inheritdoc/>
    public string SumsTo => method.SumsTo;

    /// <summary>One score per group; tokens that are in none keep their own. Scores before aggregation are left out.</summary>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        IReadOnlyList<int[]> made = groups(f);
        return Fold(method.Attribute(f, request with { FeatureGroups = made, SharesGroups = true, KeepRaw = false }), made);
    }

    /// <summary>Adds up the scores of neighbours in one group. A group in several places stays in as many pieces.</summary>
    private static AttributionResult Fold(AttributionResult result, IReadOnlyList<int[]> groups) =>
        result.Spans(groups.SelectMany((side, s) =>
    {
        int[] firsts = [.. Enumerable.Range(0, side.Length).Where(p => side[p] >= 0 && (p == 0 || side[p] != side[p - 1]))];
        return firsts.Select(first => new TokenSpan(s, first, first + side.Skip(first).TakeWhile(group => group == side[first]).Count()));
    }).Where(span => span.Length > 1));
}
