using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vitrine;

/// <summary>Rows of JSON: one value a line, or the items of one array, which may go on over lines.</summary>
internal static class JsonRows
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The fields of a value: the members of an object, or a string, which is the text.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static Dictionary<string, string[]> Fields(byte[] json)
    {
        s_strict.GetCharCount(json); // the parser accepts some of what is not UTF-8
        using JsonDocument document = JsonDocument.Parse(json);
        var fields = new Dictionary<string, string[]>(StringComparer.Ordinal);
        switch (document.RootElement.ValueKind)
        {
            case JsonValueKind.String:
                fields["text"] = [Value(document.RootElement)];
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in document.RootElement.EnumerateObject())
                {
                    if (!fields.TryAdd(member.Name, member.Value.ValueKind switch
                    {
                        JsonValueKind.Array => [.. member.Value.EnumerateArray().Select(Value)],
                        _ => [Value(member.Value)],
                    }))
                    {
                        throw new FormatException($"the key '{member.Name}' stands there twice");
                    }
                    if (member.Value.ValueKind == JsonValueKind.Null)
                    {
                        fields.Remove(member.Name);
                    }
                }
                break;
            default:
                throw new FormatException($"neither a JSON object nor a string: "
                    + $"{document.RootElement.ValueKind.ToString().ToLowerInvariant()}");
        }
        return fields;
    }

    /// <summary>The items of an array, each as the bytes that it takes and the line on which it begins, in bounded memory.</summary>
    /// <param name="stream">UTF-8 whose first character is <c>[</c>.</param>
    /// <exception cref="RequestException">The array ends before its end, or more follows.</exception>
    public static IEnumerable<DataLine> Items(Stream stream)
    {
        var item = new MemoryStream();
        (long line, long began, int depth, bool isText, bool isEscaped, bool isTooLong) = (1, 1, 0, false, false, false);
        byte[] buffer = new byte[1 << 16];
        while (stream.Read(buffer) is > 0 and int length)
        {
            for (int i = 0; i < length; i++)
            {
                byte at = buffer[i];
                line += at == '\n' ? 1 : 0;
                if (depth == 0)
                {
                    depth = at == '[' ? 1 : depth; // before it a mark and white space; after the end it is -1
                    continue;
                }
                if (depth < 0)
                {
                    if (at is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                    {
                        throw Malformed(line, "more after the end of the array");
                    }
                    continue;
                }
                bool isEnd = !isText && depth == 1 && at is (byte)',' or (byte)']';
                if (isEnd)
                {
                    if (item.Length > 0 || at == ',')
                    {
                        yield return new(began, item.ToArray(), isTooLong, true);
                    }
                    item.SetLength(0);
                    (isTooLong, depth) = (false, at == ']' ? -1 : 1);
                    continue;
                }
                if (isText)
                {
                    (isText, isEscaped) = (isEscaped || at != '"', !isEscaped && at == '\\');
                }
                else
                {
                    isText = at == '"';
                    depth += at is (byte)'[' or (byte)'{' ? 1 : at is (byte)']' or (byte)'}' ? -1 : 0;
                }
                if (item.Length == 0 && at is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                {
                    continue;
                }
                began = item.Length == 0 ? line : began;
                isTooLong |= item.Length == LineReader.Longest;
                if (!isTooLong)
                {
                    item.WriteByte(at);
                }
            }
        }
        if (depth >= 0)
        {
            throw Malformed(line, "no end of the array");
        }
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

    private static RequestException Malformed(long line, string got) => new(Fault.Text, string.Create(CultureInfo.InvariantCulture,
        $"input: the JSON array is damaged; got {got} in line {line}; expected [item, item, …]."));
}
