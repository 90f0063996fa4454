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
    /// The words with the largest |Σ score| for a target label: pieces merged to words, each method divided by its Σ|score|, methods
    /// averaged; special tokens and punctuation left out.
    /// </summary>
    /// <param name="analyses">What was explained.</param>
    /// <param name="label">The target; null: all of them.</param>
    /// <param name="top">How many words at most.</param>
    public static IReadOnlyList<TokenTotal> Of(IEnumerable<Analysis> analyses, string? label, int top)
    {
        var words = new WordTally(label);
        foreach (Analysis analysis in analyses)
        {
            words.Add([.. analysis.Results.Where(r => r.Method != Findings.Control).Select(r => r.Words().Normalise())]);
        }
        return words.Top(top);
    }
}

/// <summary>The words of a target label, or of all, over texts that come one after the other.</summary>
internal sealed class WordTally(string? label)
{
    private readonly Dictionary<string, (int Texts, double Total)> _totals = new(StringComparer.Ordinal);

    /// <summary>Counts the words of a text.</summary>
    /// <param name="results">What the methods found, merged to words and normalised.</param>
    public void Add(AttributionResult[] results)
    {
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
            (int texts, double total) = _totals.GetValueOrDefault(word);
            _totals[word] = (texts + 1, total + score);
        }
    }

    /// <summary>The words with the largest |Σ score|.</summary>
    public IReadOnlyList<TokenTotal> Top(int top) =>
        [.. _totals.Where(row => row.Key.Length > 0).OrderByDescending(row => Math.Abs(row.Value.Total))
            .ThenBy(row => row.Key, StringComparer.Ordinal).Take(top)
            .Select(row => new TokenTotal(row.Key, row.Value.Texts, row.Value.Total / row.Value.Texts, row.Value.Total))];
}
