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

    /// <summary>The methods that are compared when none are named.</summary>
    public static IReadOnlyList<string> DefaultMethods { get; } =
    [
        Vitrine.Methods.Saliency, Vitrine.Methods.InputXGradient, Vitrine.Methods.IntegratedGradients, Vitrine.Methods.FeatureAblation,
        Vitrine.Methods.AttentionRollout, Vitrine.Methods.Random,
    ];

    /// <summary>The metrics that are measured when none are named.</summary>
    public static IReadOnlyList<string> DefaultMetrics { get; } =
        ["comprehensiveness", "sufficiency", "deletion", "insertion", "tau_loo", "infidelity"];

    /// <inheritdoc/>
    internal override IEnumerable<(string Name, string Value)> Settings() =>
        [.. base.Settings(), .. List(nameof(Metrics), Metrics), .. Setting(nameof(Limit), Limit)];
}
