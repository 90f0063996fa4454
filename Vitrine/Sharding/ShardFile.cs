using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>What a run over one shard wrote: its first line, and the rows that follow.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Whole">The first line of a run over all rows, which all shards of a job share.</param>
/// <param name="Index">Which shard it is, from 1.</param>
/// <param name="Count">Of how many.</param>
/// <param name="Rows">How many rows the whole data have; null where the run could not know.</param>
internal sealed record ShardFile(string Path, string Whole, int Index, int Count, long? Rows)
{
    private static readonly JsonSerializerOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How many rows the shard has when it is complete; null where that is not known.</summary>
    public long? Expected => (Rows - Index + Count) / Count;

    /// <summary>Reads the first line.</summary>
    /// <exception cref="RequestException">The file cannot be read, or is no shard.</exception>
    public static ShardFile Open(string path)
    {
        using FileStream file = Stream(path);
        byte[] first = new LineReader(file).Next() is { HasBreak: true } line ? line.Bytes : [];
        RequestException Refused(string why) => new(Fault.Text, $"gather: '{path}' is no shard; {why}");
        JsonField header = JsonField.Parse("its first line", first, Refused);
        if (header.Part("format").Value is not { ValueKind: JsonValueKind.String } format
            || format.GetString() is not (RowsFile.Format or MeasurementFile.Format) || header.Optional(RowsFile.Shard) is not { } shard)
        {
            throw Refused("got another first line; expected what --output of a run with --shard wrote.");
        }
        header["version"].Whole(1, 1);
        foreach (string name in (string[])["command", "model", "job"])
        {
            header[name].Text();
        }
        int count = shard["count"].Whole(1, int.MaxValue);
        JsonObject whole = JsonObject.Create(header.Value)!;
        whole.Remove(RowsFile.Shard);
        return new(path, whole.ToJsonString(s_compact), shard["index"].Whole(1, count), count, shard.Optional("rows")?.Count(0));
    }

    /// <summary>The whole rows, each with all its lines, in the file's order.</summary>
    /// <exception cref="RequestException">A line is damaged, or the file cannot be read.</exception>
    public IEnumerable<ShardRow> Read()
    {
        using FileStream file = Stream(Path);
        var lines = new LineReader(file, Array.MaxLength);
        lines.Next();
        ShardRow? row = null;
        while (lines.Next() is { HasBreak: true } line)
        {
            row = ShardRow.Parse(line, row, Path);
            if (row.IsWhole)
            {
                yield return row;
                row = null;
            }
        }
    }

    /// <summary>Whether the file ends within a line.</summary>
    /// <exception cref="RequestException">The file cannot be read.</exception>
    public bool IsTorn()
    {
        using FileStream file = Stream(Path);
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }

    /// <summary>Opens a file to be read, also while another process writes it.</summary>
    /// <exception cref="RequestException">It cannot be read.</exception>
    public static FileStream Stream(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string why = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : Directory.Exists(path)
                ? "it is a folder" : e.Message.TrimEnd('.');
            throw new RequestException(Fault.Text, $"gather: cannot read '{path}'; {why}. Check the paths of the shards.", e);
        }
    }
}
