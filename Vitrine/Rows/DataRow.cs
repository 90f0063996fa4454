namespace Vitrine;

/// <summary>One row of a data file; a row that cannot be read is a row too, with the reason in place of its fields.</summary>
/// <param name="Number">Which row it is, from 1; blank lines and headers do not count.</param>
/// <param name="Line">The line of the file on which it begins, from 1.</param>
public sealed record DataRow(long Number, long Line)
{
    private static readonly Dictionary<string, string[]> s_none = [];

    /// <summary>
    /// The fields by name. A field of several values (a JSON array) has several; numbers, <c>true</c> and <c>false</c> are as the file
    /// spells
    /// them, objects are JSON. What is <c>null</c> or missing is not there.
    /// </summary>
    public IReadOnlyDictionary<string, string[]> Fields { get; init; } = s_none;

    /// <summary>Why the row cannot be used; null where it can.</summary>
    public string? Error { get; init; }

    /// <summary>Of a stream that goes into a file: a hash of the row, by which a later run knows it; else null.</summary>
    internal string? Mark { get; init; }

    /// <summary>A field as one text: the values of a list with spaces between them; null where there is no such field.</summary>
    public string? this[string name] => Fields.TryGetValue(name, out string[]? values) ? string.Join(' ', values) : null;

    /// <summary>Rows of bare texts, numbered from 1.</summary>
    public static IEnumerable<DataRow> Of(IEnumerable<string> texts) =>
        texts.Select((text, i) => new DataRow(i + 1, i + 1) { Fields = new Dictionary<string, string[]> { ["text"] = [text] } });

    /// <summary>For example <c>row 3: text = a good movie, label = 1</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant(
            $"row {Number}: {Error ?? string.Join(", ", Fields.Select(field => $"{field.Key} = {string.Join(' ', field.Value)}"))}");
}
