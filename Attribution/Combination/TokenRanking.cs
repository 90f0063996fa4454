namespace Vitrine.Attributions;

/// <summary>A token and its place in a ranking.</summary>
/// <param name="Rank">From 1, the strongest.</param>
/// <param name="Side">Index of its side.</param>
/// <param name="Position">Its position there.</param>
/// <param name="Piece">As the vocabulary spells it, or the characters of a merged word.</param>
/// <param name="Score">Its score.</param>
public sealed record RankedToken(int Rank, int Side, int Position, string Piece, float Score);

/// <summary>Tokens by the magnitude of their scores.</summary>
public static class TokenRanking
{
    /// <summary>
    /// The strongest tokens of a target, |score| falling; equal ones in the order of the text. Special tokens do not count.
    /// </summary>
    /// <param name="result">The scores.</param>
    /// <param name="top">How many at most.</param>
    /// <param name="target">Index of the target; null: Σ|score| over all targets decides, and the score shown is Σ score; a row of a whole
    /// text in addition to its tokens does not count.</param>
    public static IReadOnlyList<RankedToken> Top(this AttributionResult result, int top, int? target = null) =>
        [.. Places(result, target).Where(place => !result.Sides[place.Side].Tokens[place.Position].IsSpecial)
            .OrderByDescending(place => place.Strength).Take(top)
            .Select((place, i) => new RankedToken(i + 1, place.Side, place.Position, result.Sides[place.Side].Tokens[place.Position].Piece,
                place.Score))];

    /// <summary>Every token that a target can depend on.</summary>
    private static IEnumerable<(int Side, int Position, double Strength, float Score)> Places(AttributionResult result, int? target)
    {
        int[] targets = target is { } one ? [one] : [.. Enumerable.Range(0, result.Targets.Count)
            .Where(t => result.Targets.Count == 1 || result.Targets[t].SequenceLength is null)];
        for (int s = 0; s < result.Sides.Count; s++)
        {
            int end = Math.Min(result.Sides[s].Tokens.Count, targets.Max(t => result.Targets[t].Reach[s]));
            for (int p = 0; p < end; p++)
            {
                float[] scores = [.. targets.Select(t => result.Sides[s].Scores[t][p])];
                yield return (s, p, scores.Sum(score => (double)Math.Abs(score)), (float)scores.Sum(score => (double)score));
            }
        }
    }
}
