namespace Vitrine.Training;

/// <summary>
/// How much translations agree with references in their characters: <c>F_β = 100 · (1 + β²)·P·R / (β²·P + R)</c>, where P and R are the
/// parts of the character n-grams of translation and reference that the other has too, each the mean over n = 1…6.
/// </summary>
/// <remarks>Source: Popović 2015 (chrF), over a whole corpus, as sacrebleu computes it.</remarks>
public static class Chrf
{
    private const int Longest = 6;

    /// <summary>chrF, 0–100.</summary>
    /// <param name="translations">One text each.</param>
    /// <param name="references">One text each, in the same order.</param>
    /// <param name="beta">How much more recall weighs than precision. Default 2: chrF2.</param>
    /// <param name="whiteSpace">Whether white space is characters too. Default: it is left out.</param>
    /// <exception cref="ArgumentException">Not one reference per translation.</exception>
    public static double Score(IReadOnlyList<string> translations, IReadOnlyList<string> references, double beta = 2,
        bool whiteSpace = false)
    {
        if (translations.Count != references.Count || translations.Count == 0)
        {
            throw new ArgumentException($"chrf: not one reference per translation; "
                + $"got {translations.Count} and {references.Count}; expected as many, at least one.", nameof(references));
        }
        (double precision, double recall, int orders) = (0, 0, 0);
        for (int n = 1; n <= Longest; n++)
        {
            (int said, int wanted, int both) = (0, 0, 0);
            for (int i = 0; i < translations.Count; i++)
            {
                Dictionary<string, int> left = Count(translations[i], n, whiteSpace), right = Count(references[i], n, whiteSpace);
                (said, wanted) = (said + left.Values.Sum(), wanted + right.Values.Sum());
                both += left.Sum(gram => Math.Min(gram.Value, right.GetValueOrDefault(gram.Key)));
            }
            if (said > 0 && wanted > 0) // texts shorter than n have no n-grams
            {
                (precision, recall, orders) = (precision + ((double)both / said), recall + ((double)both / wanted), orders + 1);
            }
        }
        double weighted = (beta * beta * precision) + recall;
        return weighted == 0 ? 0 : 100 * (1 + (beta * beta)) * precision * recall / (weighted * orders);
    }

    private static Dictionary<string, int> Count(string text, int n, bool whiteSpace)
    {
        string letters = whiteSpace ? text : string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i + n <= letters.Length; i++)
        {
            counts[letters.Substring(i, n)] = counts.GetValueOrDefault(letters.Substring(i, n)) + 1;
        }
        return counts;
    }
}
