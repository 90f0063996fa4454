using System.Text.Json;

namespace Vitrine.Attributions;

/// <summary>Context reliance as JSON. The schema is in <c>docs/JSON.md</c>.</summary>
public static class ContextJson
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string Format = "vitrine.context";

    /// <summary>Written tokens, their cues, and their attribution.</summary>
    public static string ToJson(this ContextReliance reliance) => JsonSerializer.Serialize(
        new ContextDocument { Format = Format, Version = 1, Result = reliance },
        ResultJson.Indented.ContextDocument);
}

/// <summary>The outermost object of the file.</summary>
internal sealed record ContextDocument
{
    public required string Format { get; init; }

    public required int Version { get; init; }

    public required ContextReliance Result { get; init; }
}
