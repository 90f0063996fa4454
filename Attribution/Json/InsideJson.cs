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
        InsideDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, ResultJson.Compact.InsideDocument);
        }
        catch (JsonException e)
        {
            throw new VitrineException(
                $"inside json: cannot be read; got an error at line {e.LineNumber + 1}, {e.Path}; expected what --json writes.", e);
        }
        if (document is not { Format: Format })
        {
            throw new VitrineException($"inside json: another format; got '{document?.Format}'; expected '{Format}'.");
        }
        if (document.Version is < 1 or > Version)
        {
            throw new VitrineException(
                $"inside json: version not known; got {document.Version}; expected 1 to {Version}. A newer vitrine may read it.");
        }
        return document.Result
            with { Tables = [.. document.Result.Tables.Select(t => InsideTable.Of(t.Name, t.Meaning, t.Values, t.Axes) with { Low = t.Low,
            High = t.High, Texts = t.Texts })] };
    }
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
