using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vitrine.Cli;

/// <summary>A command over all rows of a data file: one line of JSON per row, in their order, finished rows kept when the run is resumed.</summary>
internal sealed class DataRun
{
    /// <summary>The value of <c>format</c> in the first line of a file.</summary>
    public const string Format = "vitrine.rows";

    private static readonly JsonSerializerOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly DataSource _source = new();
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Where the rows' results go, as JSONL (docs/JSON.md); run again after an interruption, it goes on. Default: -, standard output.", HelpName = "file" };

    /// <summary>All options, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => (Symbol[])[.. _source.Symbols, _output];

    /// <summary>Whether a command line asks for rows and not for one text.</summary>
    /// <exception cref="CommandException">It asks for both.</exception>
    public bool IsAsked(ParseResult parsed, InputOptions input)
    {
        bool isAsked = _source.IsAsked(parsed);
        if (isAsked && (parsed.GetValue(input.Text.Text) ?? parsed.GetValue(input.Text.File)) is not null)
        {
            throw new CommandException(ExitCode.Usage, "input: a text and a data file; got both; expected one of them.");
        }
        return isAsked || parsed.GetValue(_output) is null ? isAsked : throw new CommandException(
            ExitCode.Usage, "output: for data files only; got --output without --input. For one text there are --json, --html and --svg.");
    }

    /// <summary>Works on the rows.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="source">How the model was chosen.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="terminal">Where everything stands.</param>
    /// <param name="work">From a row's command line and terminal to the members of its object, as JSON without braces.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="CommandException">The model, the input file or the output is at fault: what is wrong with a row goes into its line.</exception>
    public void Run(ParseResult parsed, ModelSource source, string folder, Terminal terminal, Func<ParseResult, Terminal, string> work, CancellationToken cancellation)
    {
        string output = parsed.GetValue(_output) ?? "-", input = parsed.GetValue(_source.Input)!;
        using OpenRows rows = _source.Open(parsed, terminal);
        using ResumableFile? file = output == "-" ? null : ResumableFile.Open(terminal.Resolve(output), Header(parsed, source, folder, input == "-" ? null : terminal.Resolve(input)));
        using IEnumerator<byte[]> kept = (file?.Lines(terminal.Resolve(output)) ?? []).GetEnumerator();
        string name = parsed.CommandResult.Command.Name;
        var progress = new RowProgress(name, terminal);
        Symbol[] own = [.. Symbols];
        foreach (DataRow row in rows.Rows)
        {
            if (kept.MoveNext())
            {
                progress.Kept++;
                CheckKept(kept.Current, row, output);
                continue;
            }
            if (cancellation.IsCancellationRequested)
            {
                throw new CommandException(ExitCode.Cancelled, file is null ? "cancelled." : $"cancelled; the finished rows are in '{output}'. Run the same again to go on.");
            }
            string line = Line(row, () => work(RowArguments.Parse(parsed, own, row), RowArguments.Terminal(terminal, row)), out bool isBad);
            if (file is not null)
            {
                file.Append(line);
            }
            else
            {
                terminal.Output.Write(line + "\n");
                terminal.Output.Flush();
            }
            progress.Count(isBad, rows.Share);
        }
        progress.End(output == "-" ? "its line" : $"'{output}'");
    }

    private static string Line(DataRow row, Func<string> work, out bool isBad)
    {
        string start = Start(row);
        try
        {
            string members = work();
            isBad = false;
            return start + members + "}";
        }
        catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException and not CommandException { Code: ExitCode.Device or ExitCode.Output })
        {
            isBad = true;
            return Refusal(row, Failure.Of(e).Line);
        }
    }

    /// <summary>How every line of a row begins: its number, its line, its own <c>id</c>.</summary>
    internal static string Start(DataRow row)
    {
        var head = new JsonObject { ["row"] = row.Number, ["line"] = row.Line };
        if (row["id"] is { } id)
        {
            head["id"] = id;
        }
        return head.ToJsonString(s_compact)[..^1] + ",";
    }

    /// <summary>The line of a row that could not be used.</summary>
    internal static string Refusal(DataRow row, string reason) => $"{Start(row)}\"error\":{JsonValue.Create(reason).ToJsonString(s_compact)}}}";

    private string Header(ParseResult parsed, ModelSource source, string folder, string? input) =>
        Header(Format, parsed, [_output, _source.Input, source.Threads, source.Profile, source.Model], folder, input);

    /// <summary>The first line of a file: its format, and the job it belongs to.</summary>
    /// <param name="format">The format.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="ignored">Options that change nothing in the lines.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="input">The input file; null for standard input.</param>
    internal static string Header(string format, ParseResult parsed, IReadOnlyCollection<Symbol> ignored, string folder, string? input) => new JsonObject
    {
        ["format"] = format,
        ["version"] = 1,
        ["command"] = parsed.CommandResult.Command.Name,
        ["model"] = Path.GetFileName(folder.TrimEnd(Path.DirectorySeparatorChar)),
        ["job"] = JobFingerprint.Of(parsed, ignored, folder, input),
    }.ToJsonString(s_compact);

    /// <summary>Makes sure that a finished line belongs to the row that is read at its place: else the input is not the one it was.</summary>
    /// <exception cref="CommandException">It does not.</exception>
    internal static void CheckKept(byte[] line, DataRow row, string output)
    {
        string start = string.Create(CultureInfo.InvariantCulture, $"{{\"row\":{row.Number},\"line\":{row.Line},");
        if (!line.AsSpan().StartsWith(Encoding.UTF8.GetBytes(start)))
        {
            throw new CommandException(ExitCode.Output, $"output: '{output}' does not follow the input; got another row where row {row.Number.ToString(CultureInfo.InvariantCulture)} should be. Choose another path, or delete it.");
        }
    }
}
