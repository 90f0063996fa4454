using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;

namespace Vitrine;

/// <summary>How far a run over rows is.</summary>
/// <param name="Kept">Rows that an earlier run had done.</param>
/// <param name="Done">Rows done in this run.</param>
/// <param name="Bad">Those of all these that could not be used.</param>
/// <param name="Share">How much of the input has been read, 0–1; null where that is not known.</param>
public readonly record struct RowsProgress(int Kept, int Done, int Bad, double? Share)
{
    /// <summary>How far the row in work is, where it takes more than a second; null between rows.</summary>
    public WorkProgress? Row { get; init; }

    /// <summary>For example <c>12 rows, 1 not usable</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Kept + Done} rows, {Bad} not usable");
}

/// <summary>Work on all rows of a data file: one line of JSON per row, in their order, finished rows kept when the run is
/// resumed.</summary>
internal static class RowsFile
{
    /// <summary>The value of <c>format</c> in the first line of a file.</summary>
    public const string Format = "vitrine.rows";

    /// <summary>The member of the first line that only shards have.</summary>
    public const string Shard = "shard";

    private static readonly JsonSerializerOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Works on the rows.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="output">Where the lines go.</param>
    /// <param name="header">The first line of a file.</param>
    /// <param name="work">From a row to the members of its object, as JSON without braces; it is told where to report to.</param>
    /// <param name="progress">Told after every row, and within rows that take long.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="RequestException">The model, the input file or the output is at fault: what is wrong with a row goes into its
    /// line.</exception>
    public static RowsProgress Write(DataFile data, RowsOutput output, string header,
        Func<DataRow, IProgress<WorkProgress>, string> work,
        IProgress<RowsProgress>? progress, CancellationToken cancellation)
    {
        using ResumableFile? file = output.Path is { } path ? ResumableFile.Open(path, header) : null;
        using IEnumerator<byte[]> kept = (file?.Lines(output.Path!) ?? []).GetEnumerator();
        var done = new RowsProgress();
        foreach (DataRow row in data.RowsFor(output))
        {
            if (kept.MoveNext())
            {
                CheckKept(kept.Current, row, output.Name);
                done = done with { Kept = done.Kept + 1, Bad = done.Bad + (IsRefusal(kept.Current, row) ? 1 : 0) };
                continue;
            }
            cancellation.ThrowIfCancellationRequested();
            RowsProgress before = done;
            string line = Line(row, work, new SlowWork(at => progress?.Report(before with { Row = at })), out bool isBad);
            if (file is not null)
            {
                file.Append(line);
            }
            else
            {
                output.Writer!.Write(line + "\n");
                output.Writer.Flush();
            }
            done = done with { Done = done.Done + 1, Bad = done.Bad + (isBad ? 1 : 0), Share = data.Share };
            progress?.Report(done);
        }
        CheckEnd(kept.MoveNext(), output.Name);
        return done;
    }

    private static string Line(DataRow row, Func<DataRow, IProgress<WorkProgress>, string> work, IProgress<WorkProgress> progress,
        out bool isBad)
    {
        try
        {
            string line = Start(row) + work(row, progress) + "}";
            isBad = false;
            return line;
        }
        catch (Exception e) when (IsOfTheRow(e))
        {
            isBad = true;
            return Refusal(row, Reason(e));
        }
    }

    /// <summary>Whether an exception is about one row, so that the others can go on.</summary>
    public static bool IsOfTheRow(Exception e) =>
        e is not OutOfMemoryException and not OperationCanceledException and not RequestException { Fault: Fault.Output }
            and not DeviceException;

    /// <summary>Why a row could not be used, in one line.</summary>
    public static string Reason(Exception e) =>
        string.Join(' ', (e is VitrineException ? e.Message : $"internal error: {e.Message} ({e.GetType().Name})").Split(
        ['\r', '\n', '\u2028', '\u2029'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>How every line of a row begins: its number, its line, its own <c>id</c>, the mark of a row of a stream.</summary>
    public static string Start(DataRow row)
    {
        var head = new JsonObject { ["row"] = row.Number, ["line"] = row.Line };
        if (row["id"] is { } id)
        {
            head["id"] = id;
        }
        if (row.Mark is { } mark)
        {
            head["input"] = mark;
        }
        return head.ToJsonString(s_compact)[..^1] + ",";
    }

    /// <summary>The line of a row that could not be used.</summary>
    public static string Refusal(DataRow row, string reason) =>
        $"{Start(row)}\"error\":{JsonValue.Create(reason).ToJsonString(s_compact)}}}";

    private static bool IsRefusal(byte[] line, DataRow row) =>
        line.AsSpan().StartsWith(System.Text.Encoding.UTF8.GetBytes($"{Start(row)}\"error\":"));

    /// <summary>The first line of a file: its format, and the job it belongs to; of a shard also which one, of how many rows in
    /// all.</summary>
    /// <param name="format">The format.</param>
    /// <param name="work">What is done to a row.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="settings">All that decides what is written, by name.</param>
    /// <param name="folders">Of the model and its adapter.</param>
    /// <param name="data">The rows, of which none is read yet.</param>
    /// <param name="cancellation">Stops while files are read.</param>
    public static string Header(string format, string work, string model, IEnumerable<(string Name, string Value)> settings,
        IEnumerable<string> folders, DataFile data, CancellationToken cancellation)
    {
        var header = new JsonObject
        {
            ["format"] = format,
            ["version"] = 1,
            ["command"] = work,
            ["model"] = model,
            ["job"] = JobFingerprint.Of(work, settings, folders, data.Path, cancellation),
        };
        if (data.Options.Shard is { Count: > 1 } shard)
        {
            header[Shard] = new JsonObject { ["index"] = shard.Index, ["count"] = shard.Count, ["rows"] = data.CountAll() };
        }
        return header.ToJsonString(s_compact);
    }

    /// <summary>Makes sure that a finished line belongs to the row that is read at its place: else the input is not the one it
    /// was.</summary>
    /// <exception cref="RequestException">It does not.</exception>
    public static void CheckKept(byte[] line, DataRow row, string output)
    {
        if (!line.AsSpan().StartsWith(Encoding.UTF8.GetBytes(Start(row))))
        {
            throw new RequestException(Fault.Output,
                $"output: '{output}' belongs to another job; got another row where row "
                    + $"{row.Number.ToString(CultureInfo.InvariantCulture)} of this input should be. Choose another path, or delete it.");
        }
    }

    /// <summary>Makes sure that no finished line is left when the input ends.</summary>
    /// <exception cref="RequestException">There is one.</exception>
    public static void CheckEnd(bool isMore, string output)
    {
        if (isMore)
        {
            throw new RequestException(Fault.Output,
                $"output: '{output}' belongs to another job; got more rows than this input has. Choose another path, or delete it.");
        }
    }
}
