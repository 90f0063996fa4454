using System.CommandLine;
using System.Globalization;

namespace Vitrine.Cli;

/// <summary>Which rows of which data file a command works on: a file or standard input, the names of its columns, a shard of it.</summary>
internal sealed class DataSource
{
    private readonly Option<string?> _format = new("--input-format") { Description = $"How the data are written: {DataFormats.Names}. Default: as the file's name ends; jsonl for standard input.", HelpName = "name" };
    private readonly Option<string[]> _columns = new("--columns")
    {
        Description = "Which column is which, where they have other names: text=review,context=passage. Repeatable.",
        HelpName = "name=column",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly Option<string?> _shard = new("--shard") { Description = "Only every n-th row from the i-th on, to share the work: 1/4 to 4/4.", HelpName = "i/n" };

    /// <summary>The file.</summary>
    public Option<string?> Input { get; } = new("--input", "-i") { Description = "Work on every row of a JSONL, CSV, TSV or text file; - reads standard input.", HelpName = "file" };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { Input, _format, _columns, _shard };

    /// <summary>Whether a command line asks for rows and not for one text.</summary>
    public bool IsAsked(ParseResult parsed) => parsed.GetValue(Input) is not null;

    /// <summary>Opens the rows.</summary>
    /// <exception cref="CommandException">An option cannot be understood, or the file cannot be read.</exception>
    public OpenRows Open(ParseResult parsed, Terminal terminal)
    {
        string path = parsed.GetValue(Input) ?? throw new InvalidOperationException("data: rows were not asked for.");
        DataFormat format = parsed.GetValue(_format) is { } name ? DataFormats.Get(name) : DataFormats.OfFile(path);
        Dictionary<string, string> columns = Columns(parsed.GetValue(_columns) ?? []);
        (int first, int step) = Shard(parsed.GetValue(_shard));
        try
        {
            Stream stream = path == "-" ? terminal.Input() : new FileStream(terminal.Resolve(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return new(stream, RowReader.Read(stream, format).Where(row => (row.Number - 1) % step == first).Select(row => Renamed(row, columns)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : Directory.Exists(terminal.Resolve(path)) ? "it is a folder" : e.Message.TrimEnd('.');
            throw new CommandException(ExitCode.Input, $"input: cannot read '{path}'; {why}. Check the path given to --input.", e);
        }
    }

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

    private static DataRow Renamed(DataRow row, Dictionary<string, string> columns)
    {
        if (columns.Count == 0 || row.Error is not null)
        {
            return row;
        }
        var fields = row.Fields.Where(f => !columns.ContainsKey(f.Key)).ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal);
        foreach ((string name, string column) in columns.Where(c => c.Value.Length > 0))
        {
            if (!row.Fields.TryGetValue(column, out string[]? value))
            {
                return row with { Error = $"no column '{column}'; got {string.Join(", ", row.Fields.Keys)}" };
            }
            fields[name] = value;
        }
        return row with { Fields = fields };
    }

    private static (int First, int Step) Shard(string? shard) => shard?.Split('/') switch
    {
        null => (0, 1),
        [var i, var n] when int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && first >= 1 && first <= count => (first - 1, count),
        _ => throw new CommandException(ExitCode.Usage, $"shard: not understood; got '{shard}'; expected i/n with i from 1 to n, e.g. 2/4."),
    };
}

/// <summary>Rows that are being read.</summary>
/// <param name="stream">What they are read from.</param>
/// <param name="rows">The rows.</param>
internal sealed class OpenRows(Stream stream, IEnumerable<DataRow> rows) : IDisposable
{
    /// <summary>The rows; to be enumerated once.</summary>
    public IEnumerable<DataRow> Rows => rows;

    /// <summary>How much of the data has been read, 0–1; null where nobody knows how much there is.</summary>
    public double? Share => stream.CanSeek && stream.Length > 0 ? (double)stream.Position / stream.Length : null;

    public void Dispose() => stream.Dispose();
}
