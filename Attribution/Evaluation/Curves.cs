namespace Vitrine.Attributions;

/// <summary>What both curves share: their points, and the area under them.</summary>
internal static class Curve
{
    public const string Citation = "Petsiuk, Das & Saenko 2018, RISE: randomized input sampling for explanation of black-box models";

    /// <summary>0 … n tokens in equal steps.</summary>
    public static int[] Counts(Trial trial, int players)
    {
        int points = Math.Min(Math.Max(1, trial.Options.Points), Math.Max(1, players));
        return [.. Enumerable.Range(0, points + 1).Select(i => (int)Math.Round((double)i * players / points, MidpointRounding.AwayFromZero))
            .Distinct()];
    }

    /// <summary>Trapezoids over the share of tokens, 0–1.</summary>
    public static double Area(double[] values, int[] counts)
    {
        double area = 0;
        for (int i = 1; i < values.Length; i++)
        {
            area += (values[i] + values[i - 1]) / 2 * (counts[i] - counts[i - 1]);
        }
        return counts is [.., > 0 and var all] ? area / all : double.NaN;
    }

    public static double[] Areas(Trial trial, double[][] values) =>
        [.. values.Select((row, t) => Area(row, Counts(trial, trial.Reached(t).Length)))];
}

/// <summary>Deletion: the area under f while tokens are taken away, the strongest first.</summary>
public sealed class Deletion : IMetric
{
    /// <inheritdoc/>
    public string Name => "deletion";

    /// <inheritdoc/>
    public string Citation => Curve.Citation;

    /// <inheritdoc/>
    public string Formula => "∫ f(x∖top k) d(k/n), trapezoids";

    /// <inheritdoc/>
    public string Range => "in the unit of f: 0 to 1 for probabilities";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method) =>
        Curve.Areas(trial, trial.Without(result, scores => Curve.Counts(trial, scores.Length)));
}

/// <summary>Insertion: the area under f while tokens come back, the strongest first.</summary>
public sealed class Insertion : IMetric
{
    /// <inheritdoc/>
    public string Name => "insertion";

    /// <inheritdoc/>
    public string Citation => Curve.Citation;

    /// <inheritdoc/>
    public string Formula => "∫ f(only top k) d(k/n), trapezoids";

    /// <inheritdoc/>
    public string Range => "in the unit of f: 0 to 1 for probabilities";

    /// <inheritdoc/>
    public bool HigherIsBetter => true;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method) =>
        Curve.Areas(trial, trial.With(result, scores => Curve.Counts(trial, scores.Length)));
}
