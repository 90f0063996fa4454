namespace Vitrine.Attributions;

/// <summary>A mean and how sure it is.</summary>
/// <param name="Mean">The mean; NaN where there are no values.</param>
/// <param name="HalfWidth">Half of the 95 % confidence interval, t·s/√n; NaN for fewer than two values.</param>
/// <param name="Count">How many values.</param>
public sealed record Interval(double Mean, double HalfWidth, int Count)
{
    // Student's t, two-sided 95 %, for 1 to 30 degrees of freedom.
    private static readonly double[] s_quantiles =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    /// <summary>Of some values; those that are not finite do not count.</summary>
    public static Interval Of(IEnumerable<double> values)
    {
        double[] known = [.. values.Where(double.IsFinite)];
        if (known.Length == 0)
        {
            return new(double.NaN, double.NaN, 0);
        }
        double mean = known.Average();
        double variance = known.Length < 2 ? double.NaN : known.Sum(v => (v - mean) * (v - mean)) / (known.Length - 1);
        return new(mean, Quantile(known.Length - 1) * Math.Sqrt(variance / known.Length), known.Length);
    }

    // Beyond the table the first term of Cornish and Fisher's expansion is right to four digits.
    private static double Quantile(int freedom) => freedom < 1 ? double.NaN
        : freedom <= s_quantiles.Length ? s_quantiles[freedom - 1]
        : 1.959964 + (((1.959964 * 1.959964 * 1.959964) + 1.959964) / (4 * freedom));
}
