using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>Where an explanation goes: the screen, and any of HTML, SVG, PNG, JSON and CSV.</summary>
internal sealed class ExplainOutput
{
    private static readonly (string Name, InseqForm Form)[] s_forms =
        [("float32", InseqForm.Float32), ("float16", InseqForm.Float16), ("float8", InseqForm.Float8), ("0.6", InseqForm.Inseq06)];

    private readonly Option<string?> _html = Declare.Value<string?>("--html", "path",
        "Write a self-contained HTML page; - for standard output.");
    private readonly Option<string?> _svg = Declare.Value<string?>("--svg", "path",
        "Write a picture: bars, a matrix for written text, or a comparison of methods or targets; - for standard output.");
    private readonly Option<string?> _png = Declare.Value<string?>("--png", "path", "Write the same picture as PNG.");
    private readonly Option<string?> _json = Declare.Value<string?>("--json", "path",
        "Write all numbers as JSON (docs/JSON.md), one object, or an array for several methods; - for standard output.");
    private readonly Option<string?> _csv = Declare.Value<string?>("--csv", "path",
        "Write a table, one record per method, target and token (docs/CSV.md); - for standard output.");
    private readonly Option<string?> _parquet = Declare.Value<string?>("--parquet", "path",
        "Write the same table as Parquet, for pandas, DuckDB and the like.");
    private readonly CsvSafe _safe = new();
    private readonly Option<string?> _inseq = Declare.Value<string?>("--inseq", "path",
        "Write Inseq's JSON of a generation or translation, which its load() reads; gzipped where the path ends in .gz.");
    private readonly Option<string?> _inseqForm =
        new("--inseq-form")
        {
            Description =
            $"How --inseq writes numbers: {string.Join(", ", s_forms.Select(form => form.Name))} (the version of Inseq before "
                + $"safetensors). Default: float32.",
            HelpName = "form"
        };
    private readonly Option<int?> _top = Declare.Value<int?>("--top", "n", "List only the strongest tokens, so many.");

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols =>
        new Symbol[] { _html, _svg, _png, _json, _csv, _safe.Option, _parquet, _inseq, _inseqForm, _top };

    /// <summary>A request with what results need: how many tokens they list, and for Inseq's file the scores before aggregation.</summary>
    /// <exception cref="RequestException">The number is out of range.</exception>
    public ExplainRequest Apply(ParseResult parsed, ExplainRequest request) =>
        request with { Top = parsed.GetValue(_top), KeepRaw = parsed.GetValue(_inseq) is not null };

    /// <summary>Finds out before the work whether its results can be written.</summary>
    /// <exception cref="CommandException">They cannot, or two want standard output.</exception>
    public void Probe(ParseResult parsed, Terminal terminal)
    {
        OutputFile.ProbeAll(terminal, parsed.GetValue(_html), parsed.GetValue(_svg), parsed.GetValue(_json), parsed.GetValue(_csv));
        OutputFile.Probe(parsed.GetValue(_png), terminal);
        OutputFile.Probe(parsed.GetValue(_inseq), terminal);
        OutputFile.Probe(parsed.GetValue(_parquet), terminal);
        _ = Form(parsed);
        if (parsed.GetValue(_png) is { } png)
        {
            if (png == "-")
            {
                throw new CommandException(ExitCode.Usage,
                    "png: a picture is no text; got '-' for standard output; expected a path.");
            }
            PngFile.Check();
        }
    }

    /// <summary>Refuses pictures and files of one explanation where there will be many.</summary>
    /// <exception cref="CommandException">One was asked for.</exception>
    public void RefuseFiles(ParseResult parsed)
    {
        if (Symbols.ToArray().OfType<Option<string?>>().FirstOrDefault(option => parsed.GetValue(option) is not null) is { } file)
        {
            throw new CommandException(ExitCode.Usage,
                $"output: one file for many rows; got {file.Name} with --input; expected --output, which holds all numbers. 'vitrine "
                    + $"show' draws one of its rows.");
        }
    }

    /// <summary>Writes everything asked for; the screen too, unless standard output carries a file.</summary>
    public void Write(ParseResult parsed, Terminal terminal, Explanation explanation)
    {
        (string? svg, string? png, string? inseq, InseqForm form) =
            (parsed.GetValue(_svg), parsed.GetValue(_png), parsed.GetValue(_inseq), Form(parsed));
        if (inseq?.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) is true)
        {
            OutputFile.Write(inseq, InseqJson.Compressed(explanation.ToInseq(form)), terminal);
            inseq = null;
        }
        if (parsed.GetValue(_parquet) is { } parquet)
        {
            OutputFile.Write(parquet, explanation.ToParquet(), terminal);
        }
        if (png is not null)
        {
            OutputFile.Write(png, PngFile.Draw(explanation.ToSvg(), notice => terminal.Error.WriteLine($"vitrine: {notice}")),
                terminal);
        }
        OutputFile.WriteAll(
            terminal,
            [(parsed.GetValue(_html), explanation.ToHtml), (svg, explanation.ToSvg), (inseq, () => explanation.ToInseq(form)),
                (parsed.GetValue(_json), explanation.ToJson), (parsed.GetValue(_csv), CsvSafe.Of(parsed, explanation.ToCsv))],
            screen => screen.Write(explanation.ToText(new() { Width = terminal.Width, Colors = terminal.Colors })));
    }

    private InseqForm Form(ParseResult parsed)
    {
        string? asked = parsed.GetValue(_inseqForm);
        int found = Array.FindIndex(s_forms, form => form.Name == (asked ?? "float32"));
        return found < 0 ? throw new CommandException(ExitCode.Usage,
            $"inseq form: not known; got '{asked}'; expected {string.Join(", ", s_forms.Select(form => form.Name))}.")
            : asked is not null && parsed.GetValue(_inseq) is null
                ? throw new CommandException(ExitCode.Usage,
                    $"inseq form: nothing is written; got '{asked}' without --inseq; expected both.")
            : s_forms[found].Form;
    }
}
