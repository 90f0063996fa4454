using System.Text.Json;
using System.Text.Json.Serialization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Vitrine's own JSON: everything a result holds, versioned, in and out without loss. The schema is in <c>docs/JSON.md</c>.
/// </summary>
public static class AttributionJson
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string Format = "vitrine.attribution";

    /// <summary>The value of <c>version</c> that is written, and the newest that is read.</summary>
    public const int Version = 1;

    /// <summary>A result as JSON.</summary>
    /// <param name="result">The result.</param>
    /// <param name="indented">Over several lines, for people; else one line, for JSONL.</param>
    public static string ToJson(this AttributionResult result, bool indented = true) =>
        JsonSerializer.Serialize(new AttributionDocument { Format = Format, Version = Version, Result = result },
            (indented ? ResultJson.Indented : ResultJson.Compact).AttributionDocument);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="VitrineException">It is not JSON, not of this format, or of a newer version.</exception>
    public static AttributionResult FromJson(string json)
    {
        AttributionDocument document = ResultJson.Read("attribution json", json, ResultJson.Compact.AttributionDocument);
        return document switch
        {
            { Format: not Format } =>
                throw new VitrineException($"attribution json: another format; got '{document.Format}'; expected '{Format}'."),
            { Version: < 1 or > Version } => throw new VitrineException($"attribution json: version not known; "
                + $"got {document.Version}; expected 1 to {Version}. A newer vitrine may read it."),
            _ => ResultRules.Checked(document.Result),
        };
    }
}

/// <summary>The outermost object of the file.</summary>
internal sealed record AttributionDocument
{
    [JsonPropertyOrder(-2)]
    public required string Format { get; init; }

    [JsonPropertyOrder(-1)]
    public required int Version { get; init; }

    public required AttributionResult Result { get; init; }
}
