using System.Globalization;
using System.Text;

namespace Vitrine.Attributions;

/// <summary>
/// A table as RFC 4180 writes it: commas, CR LF after every record, quotes around a field with a comma, a quote or a line break, and quotes
/// in it twice.
/// </summary>
/// <param name="columns">The names in the first record.</param>
internal sealed class CsvText(params string[] columns)
{
    private readonly StringBuilder _text = Append(new StringBuilder(), columns);

    /// <summary>
    /// Adds a record. Numbers are written so that they can be read back without loss; null and NaN are empty fields, true and false 1 and
    /// 0.
    /// </summary>
    /// <exception cref="ArgumentException">It has not as many fields as there are columns.</exception>
    public void Add(params object?[] fields)
    {
        if (fields.Length != columns.Length)
        {
            throw new ArgumentException($"csv: {fields.Length} fields; expected {columns.Length}.", nameof(fields));
        }
        Append(_text, fields.Select(Field));
    }

    /// <summary>The table.</summary>
    public override string ToString() => _text.ToString();

    private static StringBuilder Append(StringBuilder text, IEnumerable<string> fields) =>
        text.AppendJoin(',', fields.Select(Quoted)).Append("\r\n");

    private static string Quoted(string field) => field.AsSpan().IndexOfAny("\",\r\n") < 0
        ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Field(object? value) => value switch
    {
        null or float.NaN or double.NaN => "",
        bool flag => flag ? "1" : "0",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
