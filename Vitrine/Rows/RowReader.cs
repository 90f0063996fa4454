using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vitrine;

/// <summary>The rows of a data file, one after the other, in bounded memory. A row that is wrong says so and stops nothing.</summary>
internal static class RowReader
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads rows until the stream ends.</summary>
    /// <param name="stream">Text in UTF-8, or in UTF-16 or UTF-32 with a mark.</param>
    /// <param name="format">How it writes rows.</param>
    /// <param name="delimiter">What stands between the fields of a table; null: the table says so.</param>
    /// <exception cref="RequestException">It is no text, or the header cannot be used.</exception>
    public static IEnumerable<DataRow> Read(Stream stream, DataFormat format, char? delimiter = null)
    {
        foreach (DataRow row in Opened(stream, format, delimiter)) // nothing is read before the first row is asked for
        {
            yield return row;
        }
    }

    private static IEnumerable<DataRow> Opened(Stream stream, DataFormat format, char? delimiter)
    {
        if (format is DataFormat.Parquet or DataFormat.Arrow)
        {
            return Columns(stream, format);
        }
        stream = TextInput.Open(stream, out byte first);
        if (format == DataFormat.JsonLines && first == '[')
        {
            return Rows(JsonRows.Items(stream), JsonRows.Fields);
        }
        var lines = new LineReader(stream);
        if (format == DataFormat.Lines)
        {
            return Rows(lines.All(), Line);
        }
        Func<DataLine, Dictionary<string, string[]>> read = format == DataFormat.JsonLines ? line => JsonRows.Fields(line.Bytes)
            : new TableRows(lines, format, delimiter).Fields;
        return Rows(lines.All().Where(line => !line.Bytes.AsSpan().Trim(" \t\r"u8).IsEmpty), read);
    }

    private static IEnumerable<DataRow> Columns(Stream stream, DataFormat format)
    {
        string name = format == DataFormat.Parquet ? "parquet" : "arrow";
        if (!stream.CanSeek)
        {
            throw new RequestException(Fault.Text,
                $"input: {name} cannot be read from a stream or a compressed file; expected the file itself. Give its path.");
        }
        return ColumnFiles.Rows(stream, name).Select((fields, i) => new DataRow(i + 1, i + 1) { Fields = fields });
    }

    private static IEnumerable<DataRow> Rows(IEnumerable<DataLine> lines, Func<byte[], Dictionary<string, string[]>> read) =>
        Rows(lines, line => read(line.Bytes));

    private static IEnumerable<DataRow> Rows(IEnumerable<DataLine> lines, Func<DataLine, Dictionary<string, string[]>> read) =>
        lines.Select((line, i) => new DataRow(i + 1, line.Number) is var row && line.IsTooLong
            ? row with { Error = string.Create(CultureInfo.InvariantCulture, $"the line is longer than {LineReader.Longest} bytes") }
            : Row(row, line, read));

    private static DataRow Row(DataRow row, DataLine line, Func<DataLine, Dictionary<string, string[]>> read)
    {
        try
        {
            return row with { Fields = read(line) };
        }
        catch (DecoderFallbackException e)
        {
            return row with
            {
                Error = string.Create(CultureInfo.InvariantCulture,
                $"not UTF-8: byte 0x{(e.BytesUnknown is [var bad, ..] ? bad : 0):X2}")
            };
        }
        catch (JsonException e)
        {
            return row with
            {
                Error = string.Create(CultureInfo.InvariantCulture,
                $"not JSON: byte {e.BytePositionInLine}: {e.Message.Split(". ")[0].Split(" LineNumber")[0]}")
            };
        }
        catch (FormatException e)
        {
            return row with { Error = e.Message };
        }
    }

    private static Dictionary<string, string[]> Line(DataLine line) =>
        new() { ["text"] = [s_strict.GetString(line.Bytes).TrimEnd('\r')] };
}
