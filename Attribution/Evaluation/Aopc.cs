namespace Vitrine.Attributions;

/// <summary>What both areas over the perturbation curve share: the numbers of tokens.</summary>
internal static class Aopc
{
    public const string Citation = "DeYoung et al. 2020, ERASER: a benchmark to evaluate rationalized NLP models; Samek et al. 2017, Evaluating the visualization of what a deep neural network has learned";

    /// <summary>⌈q·n⌉ tokens for every fraction, each number once.</summary>
    public static int[] Counts(Trial trial, int players) =>
        [.. trial.Options.Fractions.Select(fraction => Math.Clamp((int)Math.Ceiling((fraction * players) - 1e-9), 1, Math.Max(1, players))).Distinct().Where(k => k <= players)];

    public static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(double.NaN).Average();
}

/// <summary>Comprehensiveness: what the score loses when the strongest tokens are taken away.</summary>
public sealed class Comprehensiveness : IMetric
{
    /// <inheritdoc/>
    public string Name => "comprehensiveness";

    /// <inheritdoc/>
    public string Citation => Aopc.Citation;

    /// <inheritdoc/>
    public string Formula => "mean over fractions q of f(x) − f(x∖top ⌈q·n⌉)";

    /// <inheritdoc/>
    public string Range => "in the unit of f: −1 to 1 for probabilities";

    /// <inheritdoc/>
    public bool HigherIsBetter => true;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        double[][] left = trial.Without(result, players => Aopc.Counts(trial, players));
        return [.. trial.Full.Select((full, t) => Aopc.Mean(left[t].Select(value => full - value)))];
    }
}

/// <summary>Sufficiency: what the score loses when only the strongest tokens are kept.</summary>
public sealed class Sufficiency : IMetric
{
    /// <inheritdoc/>
    public string Name => "sufficiency";

    /// <inheritdoc/>
    public string Citation => Aopc.Citation;

    /// <inheritdoc/>
    public string Formula => "mean over fractions q of f(x) − f(only top ⌈q·n⌉)";

    /// <inheritdoc/>
    public string Range => "in the unit of f: −1 to 1 for probabilities";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        double[][] kept = trial.With(result, players => Aopc.Counts(trial, players));
        return [.. trial.Full.Select((full, t) => Aopc.Mean(kept[t].Select(value => full - value)))];
    }
}
