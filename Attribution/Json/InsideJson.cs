using System.Text.Json;
using System.Text.Json.Serialization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Results of looking inside as JSON, in and out without loss. The schema is in <c>docs/INSIDE.md</c>.</summary>
public static class InsideJson
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string Format = "vitrine.inside";

    /// <summary>The value of <c>version</c> that is written, and the newest that is read.</summary>
    public const int Version = 1;

    /// <summary>A result as JSON.</summary>
    /// <param name="result">The result.</param>
    /// <param name="indented">Over several lines; else one line, for JSONL.</param>
    public static string ToJson(this InsideResult result, bool indented = true) =>
        JsonSerializer.Serialize(new InsideDocument { Format = Format, Version = Version, Result = result },
            (indented ? ResultJson.Indented : ResultJson.Compact).InsideDocument);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="VitrineException">It is not JSON, not of this format, of a newer version, or a table has another number of values
    /// than its axes say.</exception>
    public static InsideResult FromJson(string json)
    {
        InsideDocument document = ResultJson.Read("inside json", json, ResultJson.Compact.InsideDocument);
        if (document.Format != Format)
        {
            throw new VitrineException($"inside json: another format; got '{document.Format}'; expected '{Format}'.");
        }
        if (document.Version is < 1 or > Version)
        {
            throw new VitrineException(
                $"inside json: version not known; got {document.Version}; expected 1 to {Version}. A newer vitrine may read it.");
        }
        return Checked(document.Result);
    }

    // JSON may hold null anywhere, and lists of another length.
    private static InsideResult Checked(InsideResult result)
    {
        if (result is not { Method: not null, Tables: { } tables, Numbers: not null, Parameters: { } parameters, Warnings: { } warnings }
            || !parameters.Values.Concat(warnings).All(text => text is not null) || !tables.All(IsWhole))
        {
            throw new VitrineException(
                "inside json: a member is missing; got null, or a list of another length; expected what --json writes.");
        }
        return result with
        {
            Tables = [.. tables.Select(t => InsideTable.Of(t.Name, t.Meaning, t.Values, t.Axes) with { Low = t.Low,
            High = t.High, Texts = t.Texts })]
        };
    }

    private static bool IsWhole(InsideTable table) => table is { Name: not null, Meaning: not null, Values: { } values, Axes: { } axes }
        && axes.All(axis => axis is { Name: not null, Labels: { } labels } && labels.All(label => label is not null))
        && (table.Texts is null || (table.Texts.Count == values.Length && table.Texts.All(text => text is not null)))
        && (table.Low is null || table.Low.Length == values.Length) && (table.High is null || table.High.Length == values.Length);
}

/// <summary>The outermost object of the file.</summary>
internal sealed record InsideDocument
{
    [JsonPropertyOrder(-2)]
    public required string Format { get; init; }

    [JsonPropertyOrder(-1)]
    public required int Version { get; init; }

    public required InsideResult Result { get; init; }
}
