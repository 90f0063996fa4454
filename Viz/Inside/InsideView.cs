using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>A result as a page, as tables for a terminal, and as Markdown.</summary>
public static class InsideView
{
    private const int MostNumbers = 4000, MostOnScreen = 24, MostColumns = 16, MostRows = 64;

    /// <summary>One self-contained page: facts, a picture of every table, and its numbers.</summary>
    /// <param name="result">The result.</param>
    public static string Html(InsideResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        string title = InsideFigure.Title(result, null);
        HtmlPage page = new HtmlPage(title).Element("h1", "", title);
        Write(page, result, null);
        return page.ToString();
    }

    /// <summary>The same as a part of a page, without its heading.</summary>
    /// <param name="page">Where to.</param>
    /// <param name="result">The result.</param>
    /// <param name="place">The place in the model that a number of a table is about; null: none is named.</param>
    internal static void Write(HtmlPage page, InsideResult result, Func<InsideTable, int, string?>? place)
    {
        page.Notes("facts", Facts(result)).Line();
        foreach (string warning in result.Warnings)
        {
            page.Element("p", "class=\"warning\"", warning).Line();
        }
        if (result.Numbers.Count > 0)
        {
            new Grid
            {
                Head = ["number", ">value"],
                Rows = [.. result.Numbers.Select(n => (string[])[n.Key, Numbers.Exact(n.Value)])]
            }.Write(page);
        }
        foreach (InsideTable table in result.Tables)
        {
            page.Raw("<section>").Element("h2", "", table.Name).Raw("<div class=\"wide\">")
                .Raw(Inline(InsideFigure.Svg(result, table.Name, place))).Raw("</div>");
            if (table.Values.Length <= MostNumbers)
            {
                page.Raw("<details><summary>Numbers</summary>");
                All(table).Write(page);
                page.Raw("</details>");
            }
            page.Raw("</section>").Line();
        }
    }

    // Names that can be written on a terminal, wherever they came from; cells of tables are made so where they are drawn.
    private static InsideResult Seen(InsideResult result) => result with
    {
        Method = Markup.Visible(result.Method),
        Model = Seen(result.Model),
        Direction = Seen(result.Direction),
        Metric = Seen(result.Metric),
        Numbers = result.Numbers.Select(n => KeyValuePair.Create(Markup.Visible(n.Key), n.Value)).DistinctBy(n => n.Key).ToDictionary(),
        Parameters = result.Parameters.Select(p => KeyValuePair.Create(Markup.Visible(p.Key), Markup.Visible(p.Value)))
            .DistinctBy(p => p.Key).ToDictionary(),
        Warnings = [.. result.Warnings.Select(Markup.Visible)],
        Tables = [.. result.Tables.Select(table =>
            table with { Name = Markup.Visible(table.Name), Meaning = Markup.Visible(table.Meaning) })],
    };

    private static string? Seen(string? text) => text is null ? null : Markup.Visible(text);

    /// <summary>
    /// Writes what a screen has room for: the single numbers, and every table, the largest values of it where there are many.
    /// </summary>
    public static void Write(InsideResult result, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(output);
        result = Seen(result);
        output.WriteLine(InsideFigure.Title(result, null));
        output.WriteLine(string.Join(" · ", Facts(result)));
        foreach ((string name, double value) in result.Numbers)
        {
            output.WriteLine($"  {name} {Numbers.Exact(value)}");
        }
        foreach (InsideTable table in result.Tables)
        {
            output.WriteLine();
            OnScreen(table).WriteWhole(output);
        }
        foreach (string warning in result.Warnings)
        {
            output.WriteLine($"warning: {warning}");
        }
    }

    /// <summary>Single numbers and tables in GitHub's Markdown.</summary>
    public static string Markdown(InsideResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return string.Join("\n", result.Tables.Select(t => OnScreen(t).Markdown()));
    }

    private static IEnumerable<string> Facts(InsideResult result) =>
    [
        .. result.Metric is null ? Array.Empty<string>() : [$"metric {result.Metric}"], .. result.Direction is null ? Array.Empty<string>()
            : [$"direction {result.Direction}"],
        .. result.Parameters.Select(p => $"{p.Key} {p.Value}"),
    ];

    private static Grid OnScreen(InsideTable table)
    {
        string title = table.Meaning.Length > 0 ? $"{table.Name}: {table.Meaning}" : table.Name;
        if (table.Axes.Count == 2 && table.Axes[0].Labels.Count <= MostOnScreen && table.Axes[1].Labels.Count <= MostColumns)
        {
            int columns = table.Axes[1].Labels.Count;
            return new()
            {
                Title = title,
                Head = [table.Axes[0].Name, .. table.Axes[1].Labels.Select(l => $">{l}")],
                Rows = [.. table.Axes[0]
                    .Labels.Select((label, r) =>
                    (string[])[label, .. Enumerable.Range(0, columns).Select(c => Cell(table, (r * columns) + c))])],
            };
        }
        // A long text with few states: a row per position.
        if (table.Axes.Count == 2 && table.Axes[0].Labels.Count <= MostColumns && table.Axes[1].Labels.Count <= MostRows)
        {
            int rows = table.Axes[1].Labels.Count;
            return new()
            {
                Title = title,
                Head = [table.Axes[1].Name, .. table.Axes[0].Labels.Select(l => $">{l}")],
                Rows = [.. table.Axes[1].Labels.Select((label, c) =>
                    (string[])[label, .. Enumerable.Range(0, table.Axes[0].Labels.Count).Select(r => Cell(table, (r * rows) + c))])],
            };
        }
        int[] order = table.Axes.Count == 1 && table.Values.Length <= MostOnScreen
            ? [.. Enumerable.Range(0, table.Values.Length)]
            : [.. Enumerable.Range(0, table.Values.Length).Where(i => double.IsFinite(table.Values[i]))
                .OrderByDescending(i => Math.Abs(table.Values[i])).Take(MostOnScreen)];
        return Rows(table, order) with
        {
            Title = title,
            Note = order.Length < table.Values.Length
                ? string.Create(CultureInfo.InvariantCulture,
                $"The {order.Length} largest of {table.Values.Length}; all are in the JSON and CSV.") : "",
        };
    }

    private static Grid All(InsideTable table) => Rows(table, [.. Enumerable.Range(0, table.Values.Length)]);

    private static Grid Rows(InsideTable table, int[] order) => new()
    {
        Head = [.. table.Axes.Select(a => a.Name), ">value", .. table.Low is null ? Array.Empty<string>() : [">from", ">to"]],
        Rows = [.. order.Select(i =>
            (string[])[.. table.LabelsOf(i), Cell(table, i), .. table.Low is null ? Array.Empty<string>()
            : [Numbers.Exact(table.Low[i]), Numbers.Exact(table.High![i])]])],
    };

    private static string Cell(InsideTable table, int i) =>
        !double.IsFinite(table.Values[i]) ? "" : table.Texts is { } texts ? $"{texts[i].Trim()} {Numbers.Exact(table.Values[i])}"
            : Numbers.Exact(table.Values[i]);

    // Without the XML line, which has no place in a page.
    internal static string Inline(string svg) => svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];
}
