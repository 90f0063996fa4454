using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>
/// The numbers of an evaluation as JSONL, one line per row, method and metric. In a file, a run that was interrupted continues after its
/// last whole row.
/// </summary>
internal sealed class MeasurementFile : IDisposable
{
    /// <summary>The value of <c>format</c> in the first line of a file.</summary>
    public const string Format = "vitrine.measurements";

    private readonly string _path;
    private readonly TextWriter _output;
    private readonly ResumableFile? _file;
    private readonly IEnumerator<List<byte[]>> _kept;

    private MeasurementFile(string path, TextWriter output, ResumableFile? file, IEnumerable<List<byte[]>> kept) =>
        (_path, _output, _file, _kept) = (path, output, file, kept.GetEnumerator());

    /// <summary>Opens a file, or begins it; a writer is written to from now on.</summary>
    /// <param name="output">A file, or a writer.</param>
    /// <param name="header">The first line of a file.</param>
    /// <exception cref="RequestException">It belongs to another job, or cannot be written.</exception>
    public static MeasurementFile Open(RowsOutput output, string header)
    {
        if (output.Path is not { } path)
        {
            return new(output.Name, output.Writer!, null, []);
        }
        ResumableFile file = ResumableFile.Open(path, header);
        file.Keep(Rows(file, path).Sum(row => row.Sum(line => line.Length + 1L))); // a row of which a line is missing is measured again
        return new(output.Name, TextWriter.Null, file, Rows(file, path));
    }

    /// <summary>What an earlier run found for a row; null where it did not come so far.</summary>
    /// <exception cref="RequestException">The file does not follow the input.</exception>
    public KeptRow? Next(DataRow row)
    {
        if (!_kept.MoveNext())
        {
            return null;
        }
        RowsFile.CheckKept(_kept.Current[0], row, _path);
        try
        {
            JsonField[] lines = [.. _kept.Current.Select(line => JsonField.Parse("row", line))];
            return lines[0].Optional("error") is { } error ? new(error.Text(), [], [], [])
                : new(
                    null,
                    [.. lines.Select(line => line["metric"].Text()).Distinct()],
                    [.. lines.GroupBy(line => line["method"].Text()).Select(method => method.Select(Value).ToArray())],
                    [.. (lines[^1].Optional("warnings")?.Items() ?? []).Select(warning => warning.Text())]);
        }
        catch (VitrineException e) when (e is not RequestException)
        {
            throw new RequestException(Fault.Output,
                $"output: '{_path}' is damaged; got no numbers for row {row.Number.ToString(CultureInfo.InvariantCulture)}: {e.Message} "
                    + "Choose another path, or delete it.", e);
        }
    }

    /// <summary>Makes sure that no row of an earlier run is left when the input ends.</summary>
    /// <exception cref="RequestException">There is one.</exception>
    public void CheckEnd() => RowsFile.CheckEnd(_kept.MoveNext(), _path);

    /// <summary>Appends the numbers of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="board">Methods and metrics.</param>
    /// <param name="measured">The numbers.</param>
    /// <param name="notices">What should be known about how its text was read.</param>
    public void Add(DataRow row, Scoreboard board, Measured measured, IReadOnlyList<string> notices)
    {
        string start = RowsFile.Start(row);
        IEnumerable<string> lines = board.Methods.SelectMany((method, m) => board.Metrics.Select((metric, k) =>
            $"{start}\"method\":\"{method}\",\"metric\":\"{metric.Name}\",\"value\":{Number(Measured.Mean(measured.Values[m][k]))}"
                + $",\"targets\":[{string.Join(',', measured.Values[m][k].Select(Number))}]"));
        string warnings = notices.Count == 0 ? ""
            : "," + ResultJsonText.Members(new() { ["warnings"] = new JsonArray([.. notices.Select(notice => (JsonNode)notice)]) });
        Append(string.Join("}\n", lines) + warnings + ",\"last\":true}");
    }

    /// <summary>Appends why a row could not be used.</summary>
    public void Refuse(DataRow row, string reason) => Append(RowsFile.Refusal(row, reason));

    public void Dispose()
    {
        _kept.Dispose();
        _file?.Dispose();
    }

    private void Append(string lines)
    {
        if (_file is not null)
        {
            _file.Append(lines);
            return;
        }
        _output.Write(lines + "\n");
        _output.Flush();
    }

    // The whole rows of a file, one at a time: numbers up to the line that says it is the last, or one line that says why there are none.
    private static IEnumerable<List<byte[]>> Rows(ResumableFile file, string path)
    {
        List<byte[]> row = [];
        foreach (byte[] line in file.Lines(path))
        {
            row.Add(line);
            if (line.AsSpan().EndsWith(",\"last\":true}"u8) || line.AsSpan().IndexOf(",\"method\":\""u8) < 0)
            {
                yield return row;
                row = [];
            }
        }
    }

    private static double Value(JsonField line) =>
        line["value"] is { Value.ValueKind: JsonValueKind.Number } number ? number.Number() : double.NaN;

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "\"NaN\"";
}

/// <summary>What an earlier run left of a row.</summary>
/// <param name="Error">Why it could not be used; null where it could.</param>
/// <param name="Metrics">Names of the metrics.</param>
/// <param name="Values"><c>[method][metric]</c></param>
/// <param name="Notices">How its text was read.</param>
internal sealed record KeptRow(string? Error, string[] Metrics, double[][] Values, string[] Notices);
