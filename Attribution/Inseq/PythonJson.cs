using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vitrine.Attributions;

/// <summary>
/// JSON byte for byte as Python's <c>json.dumps(…, indent=4, sort_keys=True)</c> writes it: ASCII, lower-case escapes, no newline at the
/// end.
/// </summary>
internal static class PythonJson
{
    /// <summary>The text.</summary>
    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        Write(text, node, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode? node, int level)
    {
        switch (node)
        {
            case JsonObject map:
                Items(text, '{', '}', level, map.OrderBy(pair => pair.Key, StringComparer.Ordinal), pair =>
                {
                    Text(text, pair.Key);
                    text.Append(": ");
                    Write(text, pair.Value, level + 1);
                });
                break;
            case JsonArray list:
                Items(text, '[', ']', level, list, item => Write(text, item, level + 1));
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Text(text, value.GetValue<string>());
                break;
            case JsonValue value when value.TryGetValue(out JsonElement read): // a number as it stood in the file it was read from
                text.Append(read.GetRawText());
                break;
            case JsonValue value when value.TryGetValue(out double number):
                text.Append(Number(number));
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void Items<T>(StringBuilder text, char open, char close, int level, IEnumerable<T> items, Action<T> write)
    {
        text.Append(open);
        bool any = false;
        foreach (T item in items)
        {
            text.Append(any ? ",\n" : "\n").Append(' ', 4 * (level + 1));
            write(item);
            any = true;
        }
        if (any)
        {
            text.Append('\n').Append(' ', 4 * level);
        }
        text.Append(close);
    }

    private static void Text(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' or > '~' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }
        text.Append('"');
    }

    // Python's repr: the shortest digits that read back, at least one after the point, a lower-case exponent of two digits outside 1e-4 …
    // 1e16.
    private static string Number(double number)
    {
        if (!double.IsFinite(number))
        {
            return double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        }
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        if (Math.Abs(number) is 0 or (>= 1e-4 and < 1e16))
        {
            string plain = text.Contains('E', StringComparison.Ordinal) ? ((decimal)number).ToString(CultureInfo.InvariantCulture) : text;
            return plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0";
        }
        (string digits, int exponent) = text.Split('E') is [var head, var tail]
            ? (head, int.Parse(tail, CultureInfo.InvariantCulture)) : Scientific(number);
        return string.Create(CultureInfo.InvariantCulture, $"{digits}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    private static (string Digits, int Exponent) Scientific(double number)
    {
        string[] parts = number.ToString("E16", CultureInfo.InvariantCulture).Split('E');
        int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        string digits = number.ToString("R", CultureInfo.InvariantCulture).Replace(".", "", StringComparison.Ordinal).TrimStart('-', '0')
            .TrimEnd('0');
        return ((number < 0 ? "-" : "") + (digits.Length > 1 ? $"{digits[0]}.{digits[1..]}" : digits), exponent);
    }
}
