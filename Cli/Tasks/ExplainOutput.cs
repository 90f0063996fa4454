using System.CommandLine;
using System.Text;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Where an explanation goes: the screen, and any of HTML, SVG, PNG, JSON and CSV.</summary>
internal sealed class ExplainOutput
{
    private readonly Option<string?> _html = new("--html") { Description = "Write a self-contained HTML page; - for standard output.", HelpName = "path" };
    private readonly Option<string?> _svg = new("--svg") { Description = "Write a picture: bars, a matrix for written text, or a comparison of methods or targets; - for standard output.", HelpName = "path" };
    private readonly Option<string?> _png = new("--png") { Description = "Write the same picture as PNG; needs rsvg-convert or Chromium.", HelpName = "path" };
    private readonly Option<string?> _json = new("--json") { Description = "Write all numbers as JSON (docs/JSON.md), one object, or an array for several methods; - for standard output.", HelpName = "path" };
    private readonly Option<string?> _csv = new("--csv") { Description = "Write a table, one record per method, target and token (docs/CSV.md); - for standard output.", HelpName = "path" };
    private readonly Option<string?> _inseq = new("--inseq") { Description = "Write Inseq's JSON of a generation or translation, which its load() reads.", HelpName = "path" };
    private readonly Option<int?> _top = new("--top") { Description = "List only the strongest tokens, so many.", HelpName = "n" };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _html, _svg, _png, _json, _csv, _inseq, _top };

    /// <summary>How many tokens to list; null: as many as can be read.</summary>
    public int? Top(ParseResult parsed) => parsed.GetValue(_top);

    /// <summary>Whether scores before aggregation are written.</summary>
    public bool WantsRaw(ParseResult parsed) => parsed.GetValue(_inseq) is not null;

    /// <summary>Finds out before the work whether its results can be written.</summary>
    /// <exception cref="CommandException">They cannot, or two want standard output.</exception>
    public void Probe(ParseResult parsed, Terminal terminal)
    {
        OutputFile.ProbeAll(terminal, parsed.GetValue(_html), parsed.GetValue(_svg), parsed.GetValue(_json), parsed.GetValue(_csv));
        OutputFile.Probe(parsed.GetValue(_png), terminal);
        OutputFile.Probe(parsed.GetValue(_inseq), terminal);
        PngFile.Probe(parsed.GetValue(_png), terminal);
        if (parsed.GetValue(_top) is { } top)
        {
            PredictCommand.Positive(top, "top");
        }
    }

    /// <summary>Refuses pictures and files of one explanation where there will be many.</summary>
    /// <exception cref="CommandException">One was asked for.</exception>
    public void RefuseFiles(ParseResult parsed)
    {
        if (Symbols.ToArray().OfType<Option<string?>>().FirstOrDefault(option => parsed.GetValue(option) is not null) is { } file)
        {
            throw new CommandException(ExitCode.Usage, $"output: one file for many rows; got {file.Name} with --input; expected --output, which holds all numbers. 'vitrine show' draws one of its rows.");
        }
    }

    /// <summary>Writes everything asked for; the screen too, unless standard output carries a file.</summary>
    public void Write(ParseResult parsed, Terminal terminal, Explanation explanation, Func<int, string>? pieceOf = null)
    {
        (string? html, string? svg, string? json, string? csv) = (parsed.GetValue(_html), parsed.GetValue(_svg), parsed.GetValue(_json), parsed.GetValue(_csv));
        int? top = parsed.GetValue(_top);
        if (explanation.Results.Count == 0 && (svg ?? parsed.GetValue(_png)) is not null)
        {
            throw new CommandException(ExitCode.Input, "output: nothing to draw; got a text that does not depend on its context. --html and --json say so.");
        }
        if (html is not null)
        {
            OutputFile.Write(html, TokenHeatmap.Html(explanation), terminal);
        }
        if (svg is not null)
        {
            OutputFile.Write(svg, Picture.Svg(explanation, top), terminal);
        }
        if (parsed.GetValue(_png) is { } png)
        {
            PngFile.Write(png, Picture.Svg(explanation, top), terminal);
        }
        if (parsed.GetValue(_inseq) is { } inseq)
        {
            if (explanation.Results.Count != 1)
            {
                throw new CommandException(ExitCode.Usage, $"inseq: its file holds one method; got {explanation.Results.Count}; expected one --method.");
            }
            OutputFile.Write(inseq, InseqJson.Write(explanation.Results.ToInseq(explanation.Title, pieceOf: pieceOf)), terminal);
        }
        if (json is not null)
        {
            OutputFile.Write(json, Json(explanation), terminal);
        }
        if (csv is not null)
        {
            OutputFile.Write(csv, explanation.Results.ToCsv(), terminal);
        }
        if (html != "-" && svg != "-" && json != "-" && csv != "-")
        {
            ConsoleView.Write(explanation, terminal.Output, new() { Width = terminal.Width, Colors = terminal.Colors, Top = top });
        }
    }

    private static string Json(Explanation explanation)
    {
        IReadOnlyList<AttributionResult> results = explanation.Results;
        if (explanation.Context is { } context)
        {
            return context.ToJson() + "\n";
        }
        if (explanation.Ranking.Count > 0)
        {
            return CombinationJson.ToJson(results[^1], [.. results.SkipLast(1)], explanation.Agreements, explanation.Ranking) + "\n";
        }
        if (results is [var only])
        {
            return only.ToJson() + "\n";
        }
        var text = new StringBuilder("[\n");
        return text.AppendJoin(",\n", results.Select(r => r.ToJson())).Append("\n]\n").ToString();
    }
}
