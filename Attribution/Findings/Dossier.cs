using System.Text.Json;

namespace Vitrine.Attributions;

/// <summary>A report over many explanations: who explained what, what stands out, and what was tested.</summary>
public sealed record Dossier
{
    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>What was explained, by name: the model, the number of texts.</summary>
    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    /// <summary>What was explained.</summary>
    public required Tally Tally { get; init; }

    /// <summary>How the methods did by the metrics; null where that was not measured.</summary>
    public Scoreboard? Board { get; init; }

    /// <summary>What was tested.</summary>
    public IReadOnlyList<Finding> Findings => field ??= Attributions.Findings.Of(Tally, Board);

    /// <summary>The methods in use.</summary>
    public IReadOnlyList<string> Methods => [.. Tally.Methods.Select(method => method.Example.Method)];

    /// <summary>The report as JSON. The schema is in <c>docs/JSON.md</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new DossierDocument
        {
            Format = "vitrine.report",
            Version = 1,
            Title = Title,
            Facts = Facts,
            Methods = Methods,
            Findings = Findings,
            Words = [.. Tally.TopWords().Select(row => new LabelWords(row.Label, row.Words))],
            Evaluation = Board is null ? null : ScoreboardJson.Document(Board, Facts),
            Analyses = Tally.Briefs,
        },
        ResultJson.Indented.DossierDocument);
}

/// <summary>The outermost object of the file.</summary>
internal sealed record DossierDocument
{
    public required string Format { get; init; }

    public required int Version { get; init; }

    public required string Title { get; init; }

    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    public required IReadOnlyList<string> Methods { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    public required IReadOnlyList<LabelWords> Words { get; init; }

    public required ScoreboardDocument? Evaluation { get; init; }

    public required IReadOnlyList<AnalysisDocument> Analyses { get; init; }
}

/// <summary>The words of a label in JSON.</summary>
internal sealed record LabelWords(string Label, IReadOnlyList<TokenTotal> Words);

/// <summary>A text in JSON.</summary>
internal sealed record AnalysisDocument(string Title, IReadOnlyList<ExplainedDocument> Results)
{
    public static AnalysisDocument Of(Analysis analysis) => new(analysis.Title, [.. analysis.Results.Select(r => new ExplainedDocument(
        r.Method, [.. r.Targets.Select((t, i) => new TargetDocument(t.Label, t.Probability, t.Score, r.Top(5, i)))]))]);
}

/// <summary>What a method found, in JSON.</summary>
internal sealed record ExplainedDocument(string Method, IReadOnlyList<TargetDocument> Targets);

/// <summary>A target and its strongest tokens in JSON.</summary>
internal sealed record TargetDocument(string Label, double? Probability, double Score, IReadOnlyList<RankedToken> Top);
