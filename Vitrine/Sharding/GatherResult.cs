using System.Text.Json.Nodes;

namespace Vitrine;

/// <summary>What was merged from shards.</summary>
public sealed class GatherResult
{
    internal GatherResult()
    {
    }

    /// <summary>What was done to the rows: <c>explain</c>, <c>predict</c>, <c>evaluate</c>.</summary>
    public required string Command { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The hash of program, options, model and input that all shards share.</summary>
    public required string Job { get; init; }

    /// <summary>How many shards there were.</summary>
    public required int Shards { get; init; }

    /// <summary>How many rows the data have.</summary>
    public required long Rows { get; init; }

    /// <summary>How many of them could not be used; each says why in its line.</summary>
    public required long Bad { get; init; }

    /// <summary>What should be known about the result.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The result as JSON (<c>docs/JSON.md</c>).</summary>
    public string ToJson()
    {
        var document = new JsonObject
        {
            ["format"] = "vitrine.gather",
            ["version"] = 1,
            ["command"] = Command,
            ["model"] = Model,
            ["job"] = Job,
            ["shards"] = Shards,
            ["rows"] = Rows,
            ["bad"] = Bad,
        };
        if (Notices.Count > 0)
        {
            document["warnings"] = new JsonArray([.. Notices.Select(notice => (JsonNode)notice)]);
        }
        return ResultJsonText.Of(document);
    }

    /// <summary>For example <c>explain: 1000 rows of 16 shards, 3 not usable</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Command}: {Rows} rows of {Shards} shards, {Bad} not usable");
}
