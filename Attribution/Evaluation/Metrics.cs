namespace Vitrine.Attributions;

/// <summary>The table of metrics.</summary>
public static class Metrics
{
    /// <summary>Every metric, in the order in which <c>vitrine evaluate</c> shows them.</summary>
    public static IReadOnlyList<IMetric> All { get; } =
    [
        new Comprehensiveness(),
        new Sufficiency(),
        new Deletion(),
        new Insertion(),
        new TauLeaveOneOut(),
        Infidelity.Scaled,
        Infidelity.Unscaled,
        new Monotonicity(),
        new CompletenessGap(),
        SoftMetric.Comprehensiveness,
        SoftMetric.Sufficiency,
        SoftMetric.PiComprehensiveness,
        SoftMetric.PiSufficiency,
        new SensitivityMax(),
        new Randomisation(),
        Plausibility.Auprc,
        Plausibility.AveragePrecision,
        Plausibility.TokenF1,
        Plausibility.TokenIou,
        new AlignmentErrorRate(),
    ];

    /// <summary>The metric of a name.</summary>
    /// <exception cref="Vitrine.Tensors.VitrineException">There is none of that name; the message names the nearest and lists
    /// all.</exception>
    public static IMetric Get(string name) => Names.Find(All, metric => metric.Name, name, "metric");
}
