using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine;

/// <summary>The reasons a person marked in a row, as tokens.</summary>
internal static class RationaleReader
{
    /// <summary>
    /// Reads the column <c>rationale</c>: words of the text (<c>["not good", "dull"]</c>), or first and one past the last character of
    /// stretches of it (<c>[[3, 11]]</c>), of the second text with a 1 before them (<c>[[1, 3, 11]]</c>).
    /// </summary>
    /// <returns>Per side and position; null where the row has no such column.</returns>
    /// <exception cref="RequestException">The text does not contain it.</exception>
    public static IReadOnlyList<bool[]>? Read(DataRow row, ScoreFunction f)
    {
        if (!row.Fields.TryGetValue("rationale", out string[]? marks))
        {
            return null;
        }
        bool[][] marked = [.. f.Sides.Select(side => new bool[side.Length])];
        foreach (string mark in marks)
        {
            bool isFound = false;
            for (int s = 0; s < f.Sides.Count; s++)
            {
                foreach ((int text, int start, int end) in Stretches(mark, f.Sides[s].Texts))
                {
                    for (int p = 0; p < f.Sides[s].Length; p++)
                    {
                        InputToken token = f.Sides[s].Tokens[p];
                        if (token.Text == text && token.Start < end && start < token.End)
                        {
                            isFound = marked[s][p] = true;
                        }
                    }
                }
            }
            if (!isFound)
            {
                throw new RequestException(Fault.Text,
                    $"rationale: the text does not contain it; got '{mark}'; expected words of the text, or [start, end] in characters, "
                        + $"[1, start, end] in the second text.");
            }
        }
        return marked;
    }

    private static IEnumerable<(int Text, int Start, int End)> Stretches(string mark, IReadOnlyList<string> texts)
    {
        if (mark.StartsWith('[') && Numbers(mark.Trim('[', ']').Split(',')) is { } numbers)
        {
            yield return numbers is [var of, var from, var past] ? (of, from, past) : (0, numbers[0], numbers[1]);
            yield break;
        }
        for (int text = 0; text < texts.Count; text++)
        {
            for (int at = texts[text].IndexOf(mark, StringComparison.OrdinalIgnoreCase); at >= 0 && mark.Length > 0;
            at = texts[text].IndexOf(mark, at + mark.Length, StringComparison.OrdinalIgnoreCase))
            {
                yield return (text, at, at + mark.Length);
            }
        }
    }

    /// <summary>Two or three whole numbers; null where it is something else.</summary>
    private static int[]? Numbers(string[] parts)
    {
        int[] numbers = [.. parts.Select(part =>
            int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int n)
                ? n : -1)];
        return numbers.Length is 2 or 3 && numbers.All(n => n >= 0) ? numbers : null;
    }
}
