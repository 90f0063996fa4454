using System.CommandLine;
using System.Globalization;

namespace Vitrine.Cli;

/// <summary>Which rows of which data file a command works on: a file or standard input, the names of its columns, a shard of it.</summary>
internal sealed class DataOptions
{
    private readonly Option<string?> _format =
        new("--input-format")
        {
            Description =
            $"How the data are written: {DataFormats.Names}. Default: as the file's name ends; jsonl for standard input.",
            HelpName =
                "name"
        };
    private readonly Option<string?> _delimiter = Declare.Value<string?>("--delimiter", "character",
        "What stands between the fields of CSV or TSV: one character, or tab. Default: as the header shows (, ; | or tab), or a "
        + "first line sep=; says.");
    private readonly Option<string[]> _columns = Declare.Values("--columns", "name=column",
        "Which column is which, where they have other names: text=review,context=passage. Repeatable.");
    private readonly Option<string?> _shard = Declare.Value<string?>("--shard", "i/n",
        "Only every n-th row from the i-th on, to share the work: 1/4 to 4/4; slurm: as the number of a task in its job array says. "
        + "'vitrine gather' merges.");
    private readonly Option<string?> _input = Declare.Value<string?>("--input|-i", "file",
        "Work on every row of a JSONL, CSV, TSV or text file (.gz and .zst too), of Parquet or Arrow; - reads standard input.");

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _input, _format, _delimiter, _columns, _shard };

    /// <summary>Whether a command line asks for rows and not for one text.</summary>
    /// <exception cref="CommandException">It asks for both.</exception>
    public bool IsAsked(ParseResult parsed, InputOptions input)
    {
        bool isAsked = parsed.GetValue(_input) is not null;
        return !isAsked || !input.HasText(parsed) ? isAsked
            : throw new CommandException(ExitCode.Usage, "input: a text and a data file; got both; expected one of them.");
    }

    /// <summary>Whether the rows are a part of those in the file.</summary>
    public bool IsShard(ParseResult parsed) => parsed.GetValue(_shard) is not null;

    /// <summary>Opens the rows.</summary>
    /// <exception cref="CommandException">An option cannot be understood.</exception>
    /// <exception cref="RequestException">The file cannot be read.</exception>
    public DataFile Open(ParseResult parsed, Terminal terminal)
    {
        string path = parsed.GetValue(_input) ?? throw new InvalidOperationException("data: rows were not asked for.");
        var options = new DataFileOptions
        {
            Format = parsed.GetValue(_format) is { } name ? DataFormats.Get(name) : null,
            Delimiter = Delimiter(parsed.GetValue(_delimiter)),
            Columns = Columns(parsed.GetValue(_columns) ?? []),
            Shard = Shard(parsed.GetValue(_shard)),
        };
        return path == "-" ? DataFile.Open(terminal.Input(), options) : DataFile.Open(terminal.Resolve(path), options);
    }

    private static char? Delimiter(string? given) => given switch
    {
        null => null,
        "tab" or "\\t" => '\t',
        [< (char)128 and not '"' and not '\r' and not '\n' and var one] => one,
        _ => throw new CommandException(ExitCode.Usage,
            $"delimiter: not understood; got '{given}'; expected one character of ASCII, such as ; or |, or tab."),
    };

    private static Dictionary<string, string> Columns(string[] given)
    {
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in given.SelectMany(g => g.Split(',')))
        {
            columns[pair.Split('=') is [{ Length: > 0 } name, { } column] ? name : throw new CommandException(
                ExitCode.Usage, $"columns: not understood; got '{pair}'; expected name=column, e.g. text=review.")] = pair.Split('=')[1];
        }
        return columns;
    }

    private static (int Index, int Count) Shard(string? shard) => shard?.Split('/') switch
    {
        null => (1, 1),
        ["slurm"] => SlurmArray.Shard(),
        [var i, var n] when int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int count) => (first, count),
        _ => throw new CommandException(ExitCode.Usage,
            $"shard: not understood; got '{shard}'; expected i/n with i from 1 to n, e.g. 2/4, or slurm."),
    };
}
