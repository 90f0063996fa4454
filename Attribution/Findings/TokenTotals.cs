namespace Vitrine.Attributions;

/// <summary>A word over many texts.</summary>
/// <param name="Word">Its characters, in lower case.</param>
/// <param name="Texts">In how many texts it stands.</param>
/// <param name="Mean">Its mean normalised score where it stands.</param>
/// <param name="Total">Σ of its normalised scores.</param>
public sealed record TokenTotal(string Word, int Texts, double Mean, double Total);

/// <summary>Which words matter over many texts.</summary>
public static class TokenTotals
{
    /// <summary>
    /// The words with the largest |Σ score| for a target label: pieces merged to words, each method divided by its Σ|score|, methods averaged;
    /// special tokens and punctuation left out.
    /// </summary>
    /// <param name="analyses">What was explained.</param>
    /// <param name="label">The target; null: all of them.</param>
    /// <param name="top">How many words at most.</param>
    public static IReadOnlyList<TokenTotal> Of(IReadOnlyList<Analysis> analyses, string? label, int top)
    {
        var totals = new Dictionary<string, (int Texts, double Total)>(StringComparer.Ordinal);
        foreach (Analysis analysis in analyses)
        {
            AttributionResult[] results = [.. analysis.Results.Where(r => r.Method != "random").Select(r => r.Words().Normalise())];
            var seen = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (AttributionResult result in results)
            {
                int[] targets = [.. Enumerable.Range(0, result.Targets.Count).Where(t => label is null || result.Targets[t].Label == label)];
                foreach (SideScores side in result.Sides)
                {
                    for (int p = 0; p < side.Tokens.Count && targets.Length > 0; p++)
                    {
                        if (!side.Tokens[p].IsSpecial && !WordKinds.IsPunctuation(side, p))
                        {
                            string word = WordKinds.Surface(side, p).ToLowerInvariant();
                            seen[word] = seen.GetValueOrDefault(word) + (targets.Average(t => side.Scores[t][p]) / results.Length);
                        }
                    }
                }
            }
            foreach ((string word, double score) in seen)
            {
                (int texts, double total) = totals.GetValueOrDefault(word);
                totals[word] = (texts + 1, total + score);
            }
        }
        return [.. totals.Where(row => row.Key.Length > 0).OrderByDescending(row => Math.Abs(row.Value.Total)).ThenBy(row => row.Key, StringComparer.Ordinal).Take(top)
            .Select(row => new TokenTotal(row.Key, row.Value.Texts, row.Value.Total / row.Value.Texts, row.Value.Total))];
    }
}
