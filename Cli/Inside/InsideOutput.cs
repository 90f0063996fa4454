using System.CommandLine;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Where a result of looking inside goes: the screen, JSON, CSV, a page, a picture.</summary>
internal sealed class InsideOutput
{
    private readonly Option<string?> _json = Declare.Value<string?>("--json", "path", "Write all numbers as JSON; - for standard output.");
    private readonly Option<string?> _csv = Declare.Value<string?>("--csv", "path", "Write all numbers as CSV; - for standard output.");
    private readonly CsvSafe _safe = new();
    private readonly Option<string?> _html = Declare.Value<string?>("--html", "path", "Write one self-contained page.");
    private readonly Option<string?> _svg = Declare.Value<string?>("--svg", "path", "Draw the first table, or that of --table.");
    private readonly Option<string?> _png = Declare.Value<string?>("--png", "path", "The same picture as PNG.");
    private readonly Option<string?> _table = Declare.Value<string?>("--table", "name", "Which table --svg and --png draw.");

    /// <summary>All of them.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _json, _csv, _safe.Option, _html, _svg, _png, _table };

    /// <summary>Finds out before long work whether files can be written.</summary>
    public void Probe(ParseResult parsed, Terminal terminal)
    {
        OutputFile.ProbeAll(terminal, [.. Paths(parsed)]);
        OutputFile.Probe(parsed.GetValue(_png), terminal);
        if (parsed.GetValue(_png) is { } png)
        {
            if (png == "-")
            {
                throw new CommandException(ExitCode.Usage, "png: a picture is no text; got '-' for standard output; expected a path.");
            }
            PngFile.Check();
        }
    }

    /// <summary>Writes a result where it was asked for, by any command with options of these names.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">The screen.</param>
    /// <param name="result">The result.</param>
    public static void Write(ParseResult parsed, Terminal terminal, InsideResult result)
    {
        string? At(string option) => parsed.GetValue<string?>(option);
        string Picture() => InsideFigure.Svg(result, At("--table"));
        OutputFile.WriteAll(
            terminal,
            [
                (At("--json"), () => result.ToJson() + "\n"),
                (At("--csv"), CsvSafe.Of(parsed, result.ToCsv)),
                (At("--html"), () => InsideView.Html(result)),
                (At("--svg"), Picture),
            ],
            output => InsideView.Write(result, output));
        if (At("--png") is { } png)
        {
            OutputFile.Write(png, PngFile.Draw(Picture(), notice => terminal.Error.WriteLine($"vitrine: {notice}")), terminal);
        }
    }

    private string?[] Paths(ParseResult parsed) =>
        [parsed.GetValue(_json), parsed.GetValue(_csv), parsed.GetValue(_html), parsed.GetValue(_svg)];
}
