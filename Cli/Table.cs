using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Columns of text, as wide as their widest cell; numbers to the right.</summary>
internal static class Table
{
    /// <summary>Writes rows under a head. The last column is not padded.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="head">Names of the columns; one that begins with <c>&gt;</c> is aligned to the right.</param>
    /// <param name="rows">The cells.</param>
    public static void Write(TextWriter output, IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        bool[] right = [.. head.Select(h => h.StartsWith('>'))];
        string[][] lines = [[.. head.Select(h => h.TrimStart('>'))], .. rows.Select(row => row.ToArray())];
        int[] widths = [.. head.Select((_, c) => lines.Max(line => TextWidth.Of(line[c])))];
        foreach (string[] line in lines)
        {
            for (int c = 0; c < line.Length; c++)
            {
                string space = new(' ', widths[c] - TextWidth.Of(line[c]));
                bool isLast = c == line.Length - 1;
                output.Write(right[c] ? space + line[c] : isLast ? line[c] : line[c] + space);
                output.Write(isLast ? "" : "  ");
            }
            output.WriteLine();
        }
    }
}
