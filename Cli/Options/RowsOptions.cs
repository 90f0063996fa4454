using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>A command over all rows of a data file: where they come from, and where their lines go.</summary>
internal sealed class RowsOptions
{
    private readonly DataOptions _data = new();
    private readonly Option<string?> _output = Declare.Value<string?>("--output|-o", "file",
        "Where the rows' results go, as JSONL (docs/JSON.md); run again after an interruption, it goes on. Default: -, standard output.");

    /// <summary>All options, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => (Symbol[])[.. _data.Symbols, _output];

    /// <summary>Whether a command line asks for rows and not for one text.</summary>
    /// <exception cref="CommandException">It asks for both.</exception>
    public bool IsAsked(ParseResult parsed, InputOptions input)
    {
        bool isAsked = _data.IsAsked(parsed, input);
        return isAsked || parsed.GetValue(_output) is null ? isAsked : throw new CommandException(
            ExitCode.Usage, "output: for data files only; got --output without --input. For one text there are --json, --html and --svg.");
    }

    /// <summary>Runs over the rows, and says how it went.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Where everything stands.</param>
    /// <param name="work">Does it.</param>
    /// <exception cref="CommandException">It was interrupted.</exception>
    public void Run(ParseResult parsed, Terminal terminal, Func<DataFile, RowsOutput, IProgress<RowsProgress>, RowsProgress> work)
    {
        string output = parsed.GetValue(_output) ?? "-";
        bool isScreen = output == "-";
        using DataFile rows = _data.Open(parsed, terminal);
        var progress = new RowProgress(parsed.CommandResult.Command.Name, terminal);
        try
        {
            progress.End(work(rows, isScreen ? RowsOutput.To(terminal.Output) : RowsOutput.File(terminal.Resolve(output), output),
                progress), isScreen ? "its line" : $"'{output}'", _data.IsShard(parsed));
        }
        catch (OperationCanceledException e)
        {
            throw isScreen ? new CommandException(ExitCode.Cancelled, "cancelled.", e) : Cancelled(output, e);
        }
    }

    /// <summary>That a run was interrupted which can go on.</summary>
    public static CommandException Cancelled(string output, Exception e) => new(ExitCode.Cancelled,
        $"cancelled; the finished rows are in '{output}'. Run the same again to go on.", e);
}
