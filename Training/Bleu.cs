namespace Vitrine.Training;

/// <summary>
/// How much translations agree with references: <c>100 · min(1, e^(1 − r/c)) · (p₁p₂p₃p₄)^¼</c>, where pₙ is the part of the n-grams of all
/// translations that are in their references (none counted more often than there), and c and r the lengths of both.
/// </summary>
/// <remarks>
/// Source: Papineni et al. 2002, over a whole corpus, with the tokens (13a) and the smoothing (exponential) of sacrebleu (Post 2018).
/// </remarks>
public static class Bleu
{
    private const int Longest = 4;

    /// <summary>BLEU, 0–100.</summary>
    /// <param name="translations">One text each.</param>
    /// <param name="references">One or several lists of texts in the same order; of several the length nearest to the translation's
    /// counts.</param>
    /// <exception cref="ArgumentException">A list is not as long as the translations, or there is none.</exception>
    public static double Score(IReadOnlyList<string> translations, params IReadOnlyList<IReadOnlyList<string>> references)
    {
        if (translations.Count == 0 || references.Count == 0 || references.Any(list => list.Count != translations.Count))
        {
            throw new ArgumentException(
                $"bleu: not one reference per translation; got {translations.Count} "
                + $"and {string.Join(", ", references.Select(list => list.Count))}; expected as many, at least one.", nameof(references));
        }
        (int length, int referenceLength) = (0, 0);
        (int[] right, int[] total) = (new int[Longest], new int[Longest]);
        for (int i = 0; i < translations.Count; i++)
        {
            string[] said = Tokens(translations[i]);
            string[][] wanted = [.. references.Select(list => Tokens(list[i]))];
            length += said.Length;
            referenceLength += wanted.Select(tokens => tokens.Length).OrderBy(tokens => Math.Abs(tokens - said.Length))
                .ThenBy(tokens => tokens).First();
            for (int n = 1; n <= Longest; n++)
            {
                Dictionary<string, int>[] there = [.. wanted.Select(tokens => Count(tokens, n))];
                foreach ((string gram, int count) in Count(said, n))
                {
                    right[n - 1] += Math.Min(count, there.Max(grams => grams.GetValueOrDefault(gram)));
                    total[n - 1] += count;
                }
            }
        }
        if (length == 0 || right[0] == 0)
        {
            return 0;
        }
        (double logs, double halved, int orders) = (0, 1, 0);
        for (int n = 0; n < Longest && total[n] > 0; n++, orders++)
        {
            halved = right[n] == 0 ? halved * 2 : halved; // an order without a match counts as a half, the next as a quarter
            logs += Math.Log(right[n] == 0 ? 100 / (halved * total[n]) : 100.0 * right[n] / total[n]);
        }
        double brevity = length < referenceLength ? Math.Exp(1 - ((double)referenceLength / length)) : 1;
        return orders < Longest ? 0 : brevity * Math.Exp(logs / Longest);
    }

    /// <summary>
    /// Words and signs apart, as mteval-v13a cuts them: signs always, full stops and commas unless between digits, a dash after a digit.
    /// </summary>
    internal static string[] Tokens(string text)
    {
        text = text.Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ')
            .Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        text = $" {text} ";
        var spaced = new System.Text.StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool digitBefore = i > 0 && char.IsAsciiDigit(text[i - 1]), digitBehind = i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]);
            bool apart = c switch
            {
                '.' or ',' => !digitBefore || !digitBehind,
                '-' => digitBefore,
                '\'' => false,
                _ => char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)),
            };
            spaced.Append(apart ? $" {c} " : c.ToString());
        }
        return spaced.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static Dictionary<string, int> Count(string[] tokens, int n)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i + n <= tokens.Length; i++)
        {
            string gram = string.Join(' ', tokens, i, n);
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }
        return counts;
    }
}
