using System.Text;

namespace Vitrine.Viz;

/// <summary>A table of texts and numbers, for a terminal, a page or a Markdown file.</summary>
public sealed record Grid
{
    /// <summary>What it shows, above it; may be empty.</summary>
    public string Title { get; init; } = "";

    /// <summary>Names of the columns; one that begins with <c>&gt;</c> holds numbers and is aligned to the right.</summary>
    public required IReadOnlyList<string> Head { get; init; }

    /// <summary>The cells, row by row.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Rows { get; init; }

    /// <summary>What a reader should know, below it; may be empty.</summary>
    public string Note { get; init; } = "";

    /// <summary>Writes aligned columns; the last one is not padded.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="indent">What every line begins with.</param>
    public void Write(TextWriter output, string indent = "")
    {
        bool[] right = [.. Head.Select(h => h.StartsWith('>'))];
        string[][] lines = [[.. Head.Select(h => Markup.Visible(h.TrimStart('>')))],
            .. Rows.Select(row => row.Select(cell => Bidi.Isolate(Markup.Visible(cell))).ToArray())];
        int[] widths = [.. Head.Select((_, c) => lines.Max(line => TextWidth.Of(line[c])))];
        foreach (string[] line in lines)
        {
            output.Write(indent);
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

    /// <summary>Writes the title, aligned columns and the note.</summary>
    public void WriteWhole(TextWriter output)
    {
        output.WriteLine(Markup.Visible(Title));
        Write(output);
        output.WriteLine(Markup.Visible(Note));
    }

    /// <summary>The same in several tables that are no wider than a terminal; each begins with the first column.</summary>
    /// <param name="width">Character cells per line.</param>
    public IReadOnlyList<Grid> Fit(int width)
    {
        int[] widths = [.. Head.Select((h, c) => Rows.Select(row => TextWidth.Of(Markup.Visible(row[c])))
            .Append(TextWidth.Of(h.TrimStart('>'))).Max() + 2)];
        List<Grid> parts = [];
        for (int first = 1, next; first < Head.Count; first = next)
        {
            int used = widths[0];
            for (next = first; next < Head.Count && (next == first || used + widths[next] <= width); next++)
            {
                used += widths[next];
            }
            int[] columns = [0, .. Enumerable.Range(first, next - first)];
            parts.Add(this with
            {
                Head = [.. columns.Select(c => Head[c])],
                Rows = [.. Rows.Select(row => columns.Select(c => row[c]).ToArray())]
            });
        }
        return parts.Count == 0 ? [this] : parts;
    }

    /// <summary>The table in GitHub's Markdown, title and note included.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        if (Title.Length > 0)
        {
            text.Append("### ").Append(Escaped(Title)).Append("\n\n");
        }
        text.Append("| ").AppendJoin(" | ", Head.Select(h => Escaped(h.TrimStart('>')))).Append(" |\n|");
        foreach (string head in Head)
        {
            text.Append(head.StartsWith('>') ? "---:|" : "---|");
        }
        text.Append('\n');
        foreach (IReadOnlyList<string> row in Rows)
        {
            text.Append("| ").AppendJoin(" | ", row.Select(Escaped)).Append(" |\n");
        }
        return Note.Length > 0 ? text.Append('\n').Append(Escaped(Note)).Append('\n').ToString() : text.ToString();
    }

    /// <summary>The text with everything escaped that Markdown or HTML would take for markup.</summary>
    internal static string Escaped(string text)
    {
        var safe = new StringBuilder();
        foreach (char c in Markup.Visible(text))
        {
            _ = c switch
            {
                '<' => safe.Append("&lt;"),
                '&' => safe.Append("&amp;"),
                '\\' or '|' or '*' or '_' or '`' or '[' or ']' or '#' or '~' => safe.Append('\\').Append(c),
                _ => safe.Append(c),
            };
        }
        return safe.ToString();
    }

    /// <summary>Writes an HTML table.</summary>
    internal void Write(HtmlPage page)
    {
        if (Title.Length > 0)
        {
            page.Element("h3", "", Title);
        }
        page.Raw("<div class=\"wide\"><table class=\"grid\"><thead><tr>");
        foreach (string head in Head)
        {
            page.Cell("th", Side(head), head.TrimStart('>'));
        }
        page.Raw("</tr></thead><tbody>").Line();
        foreach (IReadOnlyList<string> row in Rows)
        {
            page.Raw("<tr>");
            for (int c = 0; c < row.Count; c++)
            {
                page.Cell("td", Side(Head[c]), row[c]);
            }
            page.Raw("</tr>").Line();
        }
        page.Raw("</tbody></table></div>").Line();
        if (Note.Length > 0)
        {
            page.Element("p", "class=\"note\"", Note).Line();
        }
    }

    private static string Side(string head) => head.StartsWith('>') ? "class=\"number\"" : "";
}
