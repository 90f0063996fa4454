using System.Globalization;

namespace Vitrine;

/// <summary>Which rows of a data file are worked on: the names of its columns, a shard of it.</summary>
public sealed record DataFileOptions
{
    /// <summary>How the data are written; null: as the file's name ends, JSON lines where that tells nothing.</summary>
    public DataFormat? Format { get; init; }

    /// <summary>What stands between the fields of CSV or TSV; null: as the header shows.</summary>
    public char? Delimiter { get; init; }

    /// <summary>Which column is which, where they have other names: from <c>text</c> to <c>review</c>.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>Only every n-th row from the i-th on, to share the work: (1, 4) to (4, 4).</summary>
    /// <exception cref="RequestException">i is not from 1 to n.</exception>
    public (int Index, int Count) Shard
    {
        get;
        init => field = value.Index >= 1 && value.Index <= value.Count ? value : throw new RequestException(
            Fault.Request, string.Create(CultureInfo.InvariantCulture,
                $"shard: not understood; got '{value.Index}/{value.Count}'; expected i/n with i "
                + $"from 1 to n, e.g. 2/4."));
    } = (1, 1);

    /// <summary>For example <c>Csv, text=review, shard 1/4</c>.</summary>
    public override string ToString() => string.Join(", ", Settings().Select(setting => setting.Value)
        .Concat(Shard.Count > 1 ? [FormattableString.Invariant($"shard {Shard.Index}/{Shard.Count}")] : []).DefaultIfEmpty("all rows"));

    /// <summary>What decides how a row is read. The shard is not among it: all shards are one job.</summary>
    internal IEnumerable<(string Name, string Value)> Settings() =>
    [
        .. Format is { } format ? [("Format", format.ToString())] : Array.Empty<(string, string)>(),
        .. Delimiter is { } delimiter ? [("Delimiter", $"'{delimiter}'")] : Array.Empty<(string, string)>(),
        .. Columns.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ("Columns", $"{pair.Key}={pair.Value}")),
    ];
}

/// <summary>A data file that is being read: rows, one after the other, in bounded memory.</summary>
public sealed class DataFile : IDisposable
{
    private readonly Stream _stream, _data;
    private readonly DataFormat _format;

    private DataFile(Stream stream, Stream data, string? path, DataFormat format, DataFileOptions options) =>
        (_stream, _data, _format, Path, Options, Rows) = (stream, data, format, path, options, Readable(
            RowReader.Read(data, format, options.Delimiter), path)
        .Where(row => (row.Number - 1) % options.Shard.Count == options.Shard.Index - 1).Select(row => Renamed(row, options.Columns)));

    /// <summary>The rows; to be enumerated once.</summary>
    public IEnumerable<DataRow> Rows { get; }

    /// <summary>Where the file lies; null for a stream.</summary>
    public string? Path { get; }

    /// <summary>How much of the data has been read, 0–1; null where it is not known how much there is.</summary>
    public double? Share => _stream.CanSeek && _stream.Length > 0 ? (double)_stream.Position / _stream.Length : null;

    internal DataFileOptions Options { get; }

    /// <summary>The rows as they go into an output: those of a stream are marked for a file, because no later run can know them
    /// otherwise.</summary>
    internal IEnumerable<DataRow> RowsFor(RowsOutput? output) => Path is not null || output?.Path is null ? Rows
        : Rows.Select(row => row with { Mark = JobFingerprint.Of(row) });

    /// <summary>Counts the rows of all shards, before the first is read; null for a stream that can be read only once.</summary>
    /// <exception cref="RequestException">The header cannot be used.</exception>
    internal long? CountAll()
    {
        if (!_stream.CanSeek)
        {
            return null;
        }
        if (_data != _stream) // what is compressed cannot go back: it is read through a second time from its file
        {
            using DataFile again = Open(Path ?? throw new InvalidOperationException("rows: a compressed stream without a file."), Options);
            return RowReader.Read(again._data, _format, Options.Delimiter).LongCount();
        }
        long start = _stream.Position, count = RowReader.Read(_stream, _format, Options.Delimiter).LongCount();
        _stream.Position = start;
        return count;
    }

    /// <summary>Opens a JSONL, CSV, TSV or text file, gzipped (.gz) or compressed with Zstandard (.zst) or not; a Parquet, Arrow or Feather
    /// file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Which rows; null: all.</param>
    /// <exception cref="RequestException">The file cannot be read.</exception>
    public static DataFile Open(string path, DataFileOptions? options = null)
    {
        options ??= new();
        try
        {
            string full = System.IO.Path.GetFullPath(path);
            var file = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return new(file, PackedStream.Open(file, path), file.CanSeek ? full : null, options.Format ?? DataFormats.OfFile(path),
                options); // a pipe is read once
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : Directory.Exists(path)
                ? "it is a folder" : e.Message.TrimEnd('.');
            throw new RequestException(Fault.Text, $"input: cannot read '{path}'; {why}. Check the path of the data file.", e);
        }
    }

    /// <summary>Reads rows from a stream, which is disposed with the result.</summary>
    /// <param name="stream">For example standard input.</param>
    /// <param name="options">Which rows; null: all.</param>
    public static DataFile Open(Stream stream, DataFileOptions? options = null) =>
        new(stream, stream, null, options?.Format ?? DataFormat.JsonLines, options ?? new());

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _stream.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Path ?? "a stream"}: {Options}";

    // A damaged file is said when its damage is reached: the rows before it are good.
    private static IEnumerable<DataRow> Readable(IEnumerable<DataRow> rows, string? path)
    {
        using IEnumerator<DataRow> all = rows.GetEnumerator();
        while (Next())
        {
            yield return all.Current;
        }

        bool Next()
        {
            try
            {
                return all.MoveNext();
            }
            catch (InvalidDataException e)
            {
                throw new RequestException(Fault.Text,
                    $"input: '{path ?? "the stream"}' is damaged or of another format; got {e.Message.TrimEnd('.')}. Check the file.", e);
            }
        }
    }

    private static DataRow Renamed(DataRow row, IReadOnlyDictionary<string, string> columns)
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
}
