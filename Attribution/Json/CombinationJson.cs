using System.Text.Json;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>A combination with its parts as JSON, and any file of results back. The schema is in <c>docs/JSON.md</c>.</summary>
public static class CombinationJson
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string Format = "vitrine.combination";

    /// <summary>The combined scores, their ranking, how far the methods agree, and what each found.</summary>
    /// <param name="combined">The combination.</param>
    /// <param name="results">Its parts.</param>
    /// <param name="agreement">The methods, pair by pair.</param>
    /// <param name="top">The strongest tokens of the combination.</param>
    public static string ToJson(AttributionResult combined, IReadOnlyList<AttributionResult> results, IReadOnlyList<Agreement> agreement, IReadOnlyList<RankedToken> top) =>
        JsonSerializer.Serialize(
            new CombinationDocument { Format = Format, Version = 1, Combined = combined, Top = top, Agreement = agreement, Results = results },
            ResultJson.Indented.CombinationDocument);

    /// <summary>Every result in a text that Vitrine wrote: one object, an array, the parts of a combination, or one object per line.</summary>
    /// <exception cref="VitrineException">It is none of these.</exception>
    public static IReadOnlyList<AttributionResult> ReadAll(string text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException) when (Lines(text) is { Length: > 1 } lines)
        {
            return [.. lines.SelectMany(ReadAll)];
        }
        catch (JsonException e)
        {
            throw new VitrineException($"results: not JSON; got an error at line {e.LineNumber + 1}; expected what vitrine explain --json writes.", e);
        }
        using (document)
        {
            JsonElement root = document.RootElement;
            return root.ValueKind switch
            {
                JsonValueKind.Array => [.. root.EnumerateArray().Select(one => AttributionJson.FromJson(one.GetRawText()))],
                JsonValueKind.Object when root.TryGetProperty("format", out JsonElement format) && format.ValueEquals(Format) =>
                    JsonSerializer.Deserialize(text, ResultJson.Compact.CombinationDocument)!.Results,
                _ => [AttributionJson.FromJson(text)],
            };
        }
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>The outermost object of the file.</summary>
internal sealed record CombinationDocument
{
    public required string Format { get; init; }

    public required int Version { get; init; }

    public required AttributionResult Combined { get; init; }

    public required IReadOnlyList<RankedToken> Top { get; init; }

    public required IReadOnlyList<Agreement> Agreement { get; init; }

    public required IReadOnlyList<AttributionResult> Results { get; init; }
}
