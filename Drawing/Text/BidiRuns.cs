using System.Globalization;
using System.Text;

namespace Vitrine.Drawing;

/// <summary>The order in which the parts of a line stand on the page.</summary>
/// <remarks>
/// UAX #9 for a line that runs from the left and holds no explicit embeddings: letters of Hebrew, Arabic and their neighbours run from the
/// right, with the punctuation and spaces between them; numbers among them run from the left in their place.
/// </remarks>
internal static class BidiRuns
{
    /// <summary>Parts of a text from left to right, each of one direction.</summary>
    public static IReadOnlyList<(string Text, bool FromRight)> Of(string text)
    {
        string[] clusters = [.. Clusters(text)];
        int[] levels = Levels(clusters);
        List<(string Text, int Level)> parts = [];
        for (int i = 0; i < clusters.Length;)
        {
            int end = i + 1;
            while (end < clusters.Length && levels[end] == levels[i])
            {
                end++;
            }
            parts.Add((string.Concat(clusters[i..end]), levels[i]));
            i = end;
        }
        for (int i = 0; i < parts.Count;)
        {
            int end = i;
            while (end < parts.Count && parts[end].Level > 0)
            {
                end++;
            }
            parts.Reverse(i, end - i);
            i = end + 1;
        }
        return [.. parts.Select(part => (part.Text, part.Level == 1))];
    }

    /// <summary>Characters as readers count them.</summary>
    public static IEnumerable<string> Clusters(string text)
    {
        TextElementEnumerator clusters = StringInfo.GetTextElementEnumerator(text);
        while (clusters.MoveNext())
        {
            yield return clusters.GetTextElement();
        }
    }

    // 0 from the left, 1 from the right, 2 a number within 1.
    private static int[] Levels(string[] clusters)
    {
        int[] levels = new int[clusters.Length];
        int strong = 0, neutral = 0; // the last level that was certain, and where what hangs on its neighbours begins
        for (int i = 0; i < clusters.Length; i++)
        {
            Rune rune = Rune.GetRuneAt(clusters[i], 0);
            int? level = IsFromRight(rune) ? 1 : Rune.IsDigit(rune) ? (strong == 0 ? 0 : 2) : Rune.IsLetter(rune) ? 0 : null;
            if (level is not { } certain)
            {
                continue;
            }
            Array.Fill(levels, strong > 0 && certain > 0 ? 1 : 0, neutral, i - neutral);
            (levels[i], neutral) = (certain, i + 1);
            strong = certain == 2 ? 1 : certain;
        }
        return levels;
    }

    private static bool IsFromRight(Rune rune) => (Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark)
        && rune.Value is (>= 0x590 and <= 0x8FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC) or (>= 0x10800 and <= 0x10FFF)
            or (>= 0x1E800 and <= 0x1EFFF);
}
