using System.Globalization;
using System.Text;

namespace Vitrine;

/// <summary>Rows of CSV and TSV under a header with the names of the columns.</summary>
internal sealed class TableRows
{
    private const byte Tab = (byte)'\t';
    private static readonly byte[] s_delimiters = [(byte)',', (byte)';', Tab, (byte)'|'];
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    private readonly LineReader _lines;
    private readonly bool _isTabbed;
    private readonly byte _delimiter;
    private readonly string[] _names = [];

    /// <summary>Reads the header.</summary>
    /// <param name="lines">Where from.</param>
    /// <param name="format">CSV or TSV.</param>
    /// <param name="delimiter">What stands between fields; null: the first line says so, as <c>sep=;</c> or by what its names stand
    /// between.</param>
    /// <exception cref="RequestException">The header cannot be used.</exception>
    public TableRows(LineReader lines, DataFormat format, char? delimiter)
    {
        (_lines, _isTabbed, _delimiter) = (lines, format == DataFormat.Tsv && delimiter is null, (byte)(delimiter ?? ','));
        if (lines.Next() is not { } line)
        {
            return;
        }
        if (Named(line.Bytes) is { } named)
        {
            (_isTabbed, _delimiter) = (false, delimiter is null ? named : _delimiter);
            line = lines.Next() ?? new(2, [], false, false);
        }
        else if (!_isTabbed && delimiter is null)
        {
            _delimiter = s_delimiters.MaxBy(candidate => Count(line.Bytes, candidate));
        }
        try
        {
            _names = [.. Cut(line).Select(field => s_strict.GetString(field).Trim())];
            string? twice = _names.Where(name => name.Length > 0).GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key;
            if (twice is not null)
            {
                throw new FormatException($"the column '{twice.ReplaceLineEndings("\\n")}' stands there twice");
            }
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            string why = e is FormatException ? e.Message : "it is neither UTF-8 nor UTF-16 with a mark";
            throw new RequestException(Fault.Text,
                $"input: the header cannot be used; {why}; expected one line with the names of the columns.", e);
        }
    }

    /// <summary>The fields of the record that begins on a line; a column without a name is left out.</summary>
    /// <exception cref="FormatException">It has another number of fields than the header, or a quote is wrong.</exception>
    public Dictionary<string, string[]> Fields(DataLine line)
    {
        List<byte[]> fields = Cut(line);
        return fields.Count != _names.Length
            ? throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                $"{fields.Count} fields; expected {_names.Length} as in the header"))
            : _names.Zip(fields).Where(pair => pair.First.Length > 0)
                .ToDictionary(pair => pair.First, pair => (string[])[s_strict.GetString(pair.Second)], StringComparer.Ordinal);
    }

    // Between tabs quotes are characters like others, unless a field has them around it; or the line has too few fields without them.
    private List<byte[]> Cut(DataLine line)
    {
        if (_isTabbed)
        {
            List<byte[]> plain = Tabs(line.Bytes);
            if (_names.Length == 0 || plain.Count == _names.Length || !line.Bytes.Contains((byte)'"'))
            {
                return plain;
            }
        }
        List<byte[]> fields = DelimitedText.Read(_lines, line, _isTabbed ? Tab : _delimiter, out string? error);
        return error is null ? fields : throw new FormatException(error);
    }

    private static List<byte[]> Tabs(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r');
        var fields = new List<byte[]>();
        foreach (Range field in line.Split(Tab))
        {
            fields.Add(Unquoted(line[field]));
        }
        return fields;
    }

    private static byte[] Unquoted(ReadOnlySpan<byte> field)
    {
        if (field is not [(byte)'"', .. var inner, (byte)'"'])
        {
            return field.ToArray();
        }
        var text = new List<byte>();
        for (int i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '"' && (++i == inner.Length || inner[i] != '"'))
            {
                return field.ToArray(); // a single quote inside: those around it are characters too
            }
            text.Add(inner[i]);
        }
        return [.. text];
    }

    // Excel's own: a line "sep=;" before the header.
    private static byte? Named(ReadOnlySpan<byte> line) => line.TrimEnd((byte)'\r') is [.. var name, (byte)'=', var one]
        && System.Text.Ascii.EqualsIgnoreCase(name, "sep") ? one : null;

    private static int Count(byte[] line, byte delimiter)
    {
        (int count, bool isQuoted) = (0, false);
        foreach (byte at in line)
        {
            isQuoted ^= at == '"';
            count += at == delimiter && !isQuoted ? 1 : 0;
        }
        return count;
    }
}
