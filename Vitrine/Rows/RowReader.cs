using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vitrine;

/// <summary>The rows of a data file, one after the other, in bounded memory. A row that is wrong says so and stops nothing.</summary>
internal static class RowReader
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads rows until the stream ends.</summary>
    /// <exception cref="RequestException">The header cannot be used.</exception>
    public static IEnumerable<DataRow> Read(Stream stream, DataFormat format)
    {
        if (format is DataFormat.Parquet or DataFormat.Arrow)
        {
            return Columns(stream, format);
        }
        return Lines(stream, format);
    }

    private static IEnumerable<DataRow> Columns(Stream stream, DataFormat format)
    {
        string name = format == DataFormat.Parquet ? "parquet" : "arrow";
        if (!stream.CanSeek)
        {
            throw new RequestException(Fault.Text,
                $"input: {name} cannot be read from a stream or a compressed file; expected the file itself. Give its path.");
        }
        long number = 0;
        foreach (IReadOnlyDictionary<string, string[]> fields in ColumnFiles.Rows(stream, name))
        {
            yield return new DataRow(++number, number) { Fields = fields };
        }
    }

    private static IEnumerable<DataRow> Lines(Stream stream, DataFormat format)
    {
        var lines = new LineReader(stream);
        string[]? header = format is DataFormat.Csv or DataFormat.Tsv ? Header(lines, format) : null;
        for (long number = 1; lines.Next() is { } line;)
        {
            if (format != DataFormat.Lines && line.Bytes.AsSpan().Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }
            var row = new DataRow(number++, line.Number);
            yield return line.IsTooLong
                ? row with { Error = string.Create(CultureInfo.InvariantCulture, $"the line is longer than {LineReader.Longest} bytes") }
                : Read(row, line, lines, format, header);
        }
    }

    private static DataRow Read(DataRow row, DataLine line, LineReader lines, DataFormat format, string[]? header)
    {
        try
        {
            return format switch
            {
                DataFormat.JsonLines => row with { Fields = Json(line.Bytes) },
                DataFormat.Lines => row with { Fields = new Dictionary<string,
                    string[]> { ["text"] = [s_strict.GetString(line.Bytes).TrimEnd('\r')] } },
                _ => row with { Fields = Columns(Cut(lines, line, format), header ?? []) },
            };
        }
        catch (DecoderFallbackException e)
        {
            return row with { Error = string.Create(CultureInfo.InvariantCulture,
                $"not UTF-8: byte 0x{(e.BytesUnknown is [var bad, ..] ? bad : 0):X2}") };
        }
        catch (JsonException e)
        {
            return row with { Error = string.Create(CultureInfo.InvariantCulture,
                $"not JSON: byte {e.BytePositionInLine}: {FirstSentence(e.Message)}") };
        }
        catch (FormatException e)
        {
            return row with { Error = e.Message };
        }
    }

    private static Dictionary<string, string[]> Json(byte[] line)
    {
        s_strict.GetCharCount(line); // the parser accepts some of what is not UTF-8
        using JsonDocument document = JsonDocument.Parse(line);
        var fields = new Dictionary<string, string[]>(StringComparer.Ordinal);
        switch (document.RootElement.ValueKind)
        {
            case JsonValueKind.String:
                fields["text"] = [Value(document.RootElement)];
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in document.RootElement.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null))
                {
                    fields[member.Name] = member.Value.ValueKind == JsonValueKind.Array ? [.. member.Value.EnumerateArray().Select(Value)]
                        : [Value(member.Value)];
                }
                break;
            default:
                throw new FormatException($"neither a JSON object nor a string: "
                    + $"{document.RootElement.ValueKind.ToString().ToLowerInvariant()}");
        }
        return fields;
    }

    private static string Value(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() ?? "" : element.GetRawText();
        }
        catch (InvalidOperationException e) // an escape like \uD800, half of a character
        {
            throw new FormatException("a string holds half of a surrogate pair", e);
        }
    }

    private static string[] Header(LineReader lines, DataFormat format)
    {
        if (lines.Next() is not { } line)
        {
            return [];
        }
        try
        {
            string[] names = [.. Cut(lines, line, format).Select(field => s_strict.GetString(field).Trim())];
            string? twice = names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key;
            return twice is null ? names : throw new FormatException($"the column '{twice.ReplaceLineEndings("\\n")}' stands there twice");
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            string why = e is FormatException ? e.Message : "it is not UTF-8";
            throw new RequestException(Fault.Text,
                $"input: the header cannot be used; {why}; expected one line with the names of the columns.", e);
        }
    }

    private static List<byte[]> Cut(LineReader lines, DataLine line, DataFormat format)
    {
        string? error = null;
        List<byte[]> fields = format == DataFormat.Csv ? DelimitedText.Read(lines, line, out error) : Tabs(line.Bytes);
        return error is null ? fields : throw new FormatException(error);
    }

    private static List<byte[]> Tabs(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r');
        var fields = new List<byte[]>();
        foreach (Range field in line.Split((byte)'\t'))
        {
            fields.Add(line[field].ToArray());
        }
        return fields;
    }

    private static Dictionary<string, string[]> Columns(List<byte[]> fields, string[] header) => fields.Count != header.Length
        ? throw new FormatException(string.Create(CultureInfo.InvariantCulture,
            $"{fields.Count} fields; expected {header.Length} as in the header"))
        : header.Zip(fields).ToDictionary(pair => pair.First, pair => (string[])[s_strict.GetString(pair.Second)], StringComparer.Ordinal);

    private static string FirstSentence(string message) => message.Split(". ")[0].Split(" LineNumber")[0];
}
