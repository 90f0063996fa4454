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
}

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
