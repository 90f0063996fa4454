using System.Text.Json;

namespace Vitrine.Attributions;

/// <summary>A scoreboard as JSON. The schema is in <c>docs/JSON.md</c>.</summary>
public static class ScoreboardJson
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string Format = "vitrine.evaluation";

    /// <summary>The board with what every metric means.</summary>
    /// <param name="board">The numbers.</param>
    /// <param name="facts">What was evaluated: the model, the baseline, by name.</param>
    /// <param name="warnings">What a reader should know before believing the numbers; null: nothing.</param>
    public static string ToJson(Scoreboard board, IReadOnlyDictionary<string, string> facts, IReadOnlyList<string>? warnings = null) =>
        JsonSerializer.Serialize(
        Document(board, facts) with { Warnings = warnings ?? [] },
        ResultJson.Indented.ScoreboardDocument);

    /// <summary>The board as it is written.</summary>
    internal static ScoreboardDocument Document(Scoreboard board, IReadOnlyDictionary<string, string> facts) => new()
    {
        Format = Format,
        Version = 1,
        Facts = facts,
        Texts = board.Texts,
        Metrics = [.. board.Metrics.Select(m => new MetricDocument(m.Name, m.HigherIsBetter, m.Formula, m.Range, m.Citation))],
        Methods = [.. board.Ranking().Select(row => new MethodDocument(
            row.Method, row.Rank, board.Metrics.ToDictionary(metric => metric.Name, metric => board.Score(row.Method, metric))))],
    };
}

/// <summary>The outermost object of the file.</summary>
internal sealed record ScoreboardDocument
{
    public required string Format { get; init; }

    public required int Version { get; init; }

    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    public required int Texts { get; init; }

    public required IReadOnlyList<MetricDocument> Metrics { get; init; }

    public required IReadOnlyList<MethodDocument> Methods { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>A metric in JSON.</summary>
internal sealed record MetricDocument(string Name, bool HigherIsBetter, string Formula, string Range, string Citation);

/// <summary>A method's numbers in JSON.</summary>
internal sealed record MethodDocument(string Method, double Rank, IReadOnlyDictionary<string, Interval> Scores);
