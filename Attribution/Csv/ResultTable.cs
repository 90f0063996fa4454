using System.Globalization;
using System.Text;

namespace Vitrine.Attributions;

/// <summary>A table of results: columns of one type each, records of values, and its form as RFC 4180 writes it.</summary>
/// <remarks>
/// As CSV: commas, CR LF after every record, quotes around a field with a comma, a quote or a line break, and quotes in it twice. Numbers
/// are written so that they can be read back without loss; null and NaN are empty fields, true and false 1 and 0.
/// </remarks>
public sealed class ResultTable
{
    private readonly List<object?[]> _rows = [];

    /// <summary>An empty table.</summary>
    /// <param name="columns">Names and types: <c>long</c>, <c>double</c>, <c>bool</c> or <c>string</c>.</param>
    internal ResultTable(params IReadOnlyList<(string Name, Type Type)> columns) => Columns = columns;

    /// <summary>Names and types: <c>long</c>, <c>double</c>, <c>bool</c> or <c>string</c>.</summary>
    public IReadOnlyList<(string Name, Type Type)> Columns { get; }

    /// <summary>The records, a value per column: of its type or one that converts to it without loss; null where there is none.</summary>
    public IReadOnlyList<object?[]> Rows => _rows;

    /// <summary>Adds a record.</summary>
    /// <exception cref="ArgumentException">It has not as many values as there are columns.</exception>
    internal void Add(params object?[] values) => _rows.Add(values.Length == Columns.Count ? values
        : throw new ArgumentException($"table: {values.Length} values; expected {Columns.Count}.", nameof(values)));

    /// <summary>The table as CSV.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder();
        Append(text, Columns.Select(column => column.Name));
        foreach (object?[] row in _rows)
        {
            Append(text, row.Select(Field));
        }
        return text.ToString();
    }

    /// <summary>For example <c>22 columns, 9 records</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Columns.Count} columns, {_rows.Count} records");

    private static void Append(StringBuilder text, IEnumerable<string> fields) =>
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
