namespace Vitrine.Attributions;

/// <summary>What both areas over the perturbation curve share: the numbers of tokens.</summary>
internal static class Aopc
{
    public const string Citation = "DeYoung et al. 2020, ERASER: a benchmark to evaluate rationalized NLP models; Samek et al. "
        + "2017, Evaluating the visualization of what a deep neural network has learned";

    private static readonly double[] s_eraser = [0.01, 0.05, 0.1, 0.2, 0.5], s_ferret = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

    /// <summary>
    /// ⌈q·n⌉ tokens for every fraction; fractions of the same number of tokens count each, as in ERASER's code. <c>--compat ferret</c>:
    /// ⌊q·n⌋ of the tokens that score above 0, each number once.
    /// </summary>
    public static int[] Counts(Trial trial, double[] ordered)
    {
        if (trial.Request.Compat == Compat.Ferret)
        {
            int positive = ordered.Count(score => score > 0);
            return [.. (trial.Options.Fractions ?? s_ferret).Select(fraction => Math.Min(positive,
                (int)((fraction * ordered.Length) + 1e-9))).Where(k => k > 0).Distinct()];
        }
        return [.. (trial.Options.Fractions ?? s_eraser).Select(fraction => Math.Max(1,
            (int)Math.Ceiling((fraction * ordered.Length) - 1e-9))).Where(k => k <= ordered.Length)];
    }

    /// <summary>
    /// The mean of what f loses; under <c>--compat ferret</c> an explanation without positive scores gets what ferret gives it.
    /// </summary>
    public static double[] Losses(Trial trial, double[][] values, double ferretWithout) => [.. trial.Full.Select((full, t) =>
        values[t].Length == 0 && trial.Request.Compat == Compat.Ferret ? ferretWithout : Mean(values[t].Select(value => full - value)))];

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
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method) =>
        Aopc.Losses(trial, trial.Without(result, scores => Aopc.Counts(trial, scores)), 0);
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
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method) =>
        Aopc.Losses(trial, trial.With(result, scores => Aopc.Counts(trial, scores)), 1);
}
