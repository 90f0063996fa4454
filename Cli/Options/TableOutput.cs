using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>Where tables and reports go: the screen, and any of HTML, Markdown, JSON, CSV and Parquet.</summary>
/// <param name="records">What a record of the CSV is.</param>
internal sealed class TableOutput(string records)
{
    private readonly Option<string?> _html = Declare.Value<string?>("--html", "path",
        "Write a self-contained HTML page; - for standard output.");
    private readonly Option<string?> _markdown = Declare.Value<string?>("--markdown", "path", "Write Markdown; - for standard output.");
    private readonly Option<string?> _json = Declare.Value<string?>("--json", "path",
        "Write all numbers as JSON (docs/JSON.md); - for standard output.");

    private readonly Option<string?> _csv =
        new("--csv") { Description = $"Write a table, one record per {records} (docs/CSV.md); - for standard output.", HelpName = "path" };
    private readonly Option<string?> _parquet = Declare.Value<string?>("--parquet", "path",
        "Write the same table as Parquet, for pandas, DuckDB and the like.");
    private readonly CsvSafe _safe = new();

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _html, _markdown, _json, _csv, _safe.Option, _parquet };

    /// <summary>Whether a table of every number is asked for.</summary>
    public bool HasTable(ParseResult parsed) => parsed.GetValue(_csv) is not null || parsed.GetValue(_parquet) is not null;

    /// <summary>Finds out before the work whether its results can be written.</summary>
    /// <exception cref="CommandException">They cannot, or two want standard output.</exception>
    public void Probe(ParseResult parsed, Terminal terminal, params ReadOnlySpan<string?> more)
    {
        OutputFile.ProbeAll(terminal, [parsed.GetValue(_html), parsed.GetValue(_markdown), parsed.GetValue(_json), parsed.GetValue(_csv),
            .. more]);
        OutputFile.Probe(parsed.GetValue(_parquet), terminal);
    }

    private static void Nothing(TextWriter output)
    {
    }

    /// <summary>Writes everything asked for; the screen too, unless standard output carries a file.</summary>
    public void Write(ParseResult parsed, Terminal terminal, Func<string> html, Func<string> markdown, Func<string> json, Func<string> csv,
        Func<byte[]> parquet, Action<TextWriter> screen, bool isSilent = false)
    {
        if (parsed.GetValue(_parquet) is { } path)
        {
            OutputFile.Write(path, parquet(), terminal);
        }
        OutputFile.WriteAll(
            terminal, [(parsed.GetValue(_html), html), (parsed.GetValue(_markdown), markdown), (parsed.GetValue(_json), json),
                (parsed.GetValue(_csv), CsvSafe.Of(parsed, csv))],
            isSilent ? Nothing : screen);
    }
}
