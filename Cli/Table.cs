using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Columns of text, as wide as their widest cell; numbers to the right.</summary>
internal static class Table
{
    /// <summary>Writes rows under a head. The last column is not padded.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="head">Names of the columns; one that begins with <c>&gt;</c> is aligned to the right.</param>
    /// <param name="rows">The cells.</param>
    public static void Write(TextWriter output, IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows) =>
        new Grid { Head = head, Rows = [.. rows] }.Write(output);
}
