namespace Vitrine;

/// <summary>What many explanations are measured by.</summary>
public sealed record EvaluateRequest : ExplainRequest
{
    /// <summary>The metrics by name, or <c>all</c>; empty: six of faithfulness, and those of plausibility or alignment where rows allow
    /// them.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>How many rows at most; null: all.</summary>
    /// <exception cref="RequestException">It is less than 1.</exception>
    public int? Limit
    {
        get;
        init => field = value is { } given ? RequestException.Positive(given, "limit") : null;
    }

    /// <summary>The metrics that are measured when none are named, with commas between them.</summary>
    public static string DefaultMetrics => EvaluationRun.Defaults;

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        _ = EvaluationRun.Metrics(Metrics, hasRationale: false);
    }

    /// <inheritdoc/>
    internal override IEnumerable<(string Name, string Value)> Settings() =>
        [.. base.Settings(), .. List(nameof(Metrics), Metrics), .. Setting(nameof(Limit), Limit)];
}
