using System.Text.Json;
using Vitrine.Tensors;
using Vitrine.Transformers;

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
    public static string ToJson(AttributionResult combined, IReadOnlyList<AttributionResult> results, IReadOnlyList<Agreement> agreement,
        IReadOnlyList<RankedToken> top) =>
        JsonSerializer.Serialize(
            new CombinationDocument
            {
                Format = Format,
                Version = 1,
                Combined = combined,
                Top = top,
                Agreement = agreement,
                Results = results
            },
            ResultJson.Indented.CombinationDocument);

    /// <summary>
    /// Every result in a text that Vitrine wrote: one object, an array, the parts of a combination, or one object per line.
    /// </summary>
    /// <exception cref="VitrineException">It is none of these.</exception>
    public static IReadOnlyList<AttributionResult> ReadAll(string text)
    {
        JsonElement root;
        try
        {
            root = StrictJson.Parse(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException) when (Lines(text) is { Length: > 1 } lines)
        {
            return [.. lines.SelectMany(ReadAll)];
        }
        catch (JsonException e)
        {
            throw new VitrineException($"results: not JSON; got {e.Message.Split(" LineNumber")[0].TrimEnd('.')}; expected what vitrine "
                + $"explain --json writes.", e);
        }
        return root.ValueKind switch
        {
            JsonValueKind.Array => [.. root.EnumerateArray().Select(one => AttributionJson.FromJson(one.GetRawText()))],
            JsonValueKind.Object when root.TryGetProperty("format", out JsonElement format) && format.ValueKind == JsonValueKind.String
            && format.ValueEquals(Format) => Parts(text),
            _ => [AttributionJson.FromJson(text)],
        };
    }

    private static IReadOnlyList<AttributionResult> Parts(string text)
    {
        CombinationDocument document = ResultJson.Read("results", text, ResultJson.Compact.CombinationDocument);
        return document is { Version: 1 } ? [.. document.Results.Select(ResultRules.Checked)]
            : throw new VitrineException($"results: version not known; got {document.Version}; expected 1. A newer vitrine may read it.");
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
