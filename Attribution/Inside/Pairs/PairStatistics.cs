using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Means over pairs, and how sure they are: percentile bootstrap (Efron 1979).</summary>
internal static class PairStatistics
{
    /// <summary>The mean of every number over pairs, with 95 % intervals where there are several pairs.</summary>
    /// <param name="perPair">One array per pair, all of one length.</param>
    /// <param name="resamples">How many resamples make an interval; 0 for none.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    public static (double[] Mean, double[]? Low, double[]? High) Mean(IReadOnlyList<double[]> perPair, int resamples, int seed) =>
        Scaled(perPair, resamples, seed, _ => (0, 1));

    /// <summary>
    /// (mean − mean base) / (mean source − mean base) of every number, with 95 % intervals in which all three means are drawn together.
    /// </summary>
    /// <param name="perPair">One array per pair, all of one length.</param>
    /// <param name="bases">What stands for 0, per pair.</param>
    /// <param name="sources">What stands for 1.</param>
    /// <param name="resamples">How many resamples make an interval; 0 for none.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    public static (double[] Mean, double[]? Low, double[]? High) Share(IReadOnlyList<double[]> perPair, IReadOnlyList<double> bases,
        IReadOnlyList<double> sources, int resamples, int seed) => Scaled(perPair, resamples, seed, draw =>
    {
        double zero = draw.Average(pair => bases[pair]);
        return (zero, draw.Average(pair => sources[pair]) - zero);
    });

    /// <summary>What a reader should know of the two runs before comparing anything with their gap.</summary>
    /// <param name="metric">What was measured.</param>
    /// <param name="clean">Its mean over the clean runs.</param>
    /// <param name="corrupted">Over the corrupted runs.</param>
    public static IReadOnlyList<string> Doubts(InsideMetric metric, double clean, double corrupted) =>
        Math.Abs(clean - corrupted) < 1e-6 ? ["The two runs have the same metric: normalised values have no scale."]
        : metric.Answer is not null && clean < corrupted
            ? ["The clean runs have a lower metric than the corrupted ones: on these pairs the model does not do what they are about."]
        : Math.Abs(clean - corrupted) < 0.05 * Math.Max(Math.Abs(clean), Math.Abs(corrupted))
            ? ["The two runs hardly differ: normalised values divide by a small gap."]
        : [];

    private static (double[] Mean, double[]? Low, double[]? High) Scaled(IReadOnlyList<double[]> perPair, int resamples, int seed,
        Func<int[], (double Zero, double Unit)> scale)
    {
        int length = perPair[0].Length, pairs = perPair.Count;
        double[] mean = new double[length];
        foreach (double[] one in perPair)
        {
            for (int i = 0; i < length; i++)
            {
                mean[i] += one[i] / pairs;
            }
        }
        (double zero, double unit) = scale([.. Enumerable.Range(0, pairs)]);
        mean = Array.ConvertAll(mean, v => (v - zero) / unit);
        if (pairs < 2 || resamples <= 0)
        {
            return (mean, null, null);
        }
        var random = new Random(seed);
        int[][] draws = [.. Enumerable.Range(0, resamples)
            .Select(_ => Enumerable.Range(0, pairs).Select(_ => random.Next(pairs)).ToArray())];
        (double Zero, double Unit)[] scales = Array.ConvertAll(draws, draw => scale(draw));
        double[] low = new double[length], high = new double[length], means = new double[resamples];
        for (int i = 0; i < length; i++)
        {
            for (int r = 0; r < resamples; r++)
            {
                means[r] = (draws[r].Average(pair => perPair[pair][i]) - scales[r].Zero) / scales[r].Unit;
            }
            Array.Sort(means);
            (low[i], high[i]) = (Quantile(means, 0.025), Quantile(means, 0.975));
        }
        return (mean, low, high);
    }

    /// <summary>Spearman's rank correlation, ties averaged; NaN where one side does not vary.</summary>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Pearson(Ranks(x), Ranks(y));

    /// <summary>Pearson's correlation; NaN where one side does not vary.</summary>
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double mx = 0, my = 0, xy = 0, xx = 0, yy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            (mx, my) = (mx + (x[i] / x.Length), my + (y[i] / y.Length));
        }
        for (int i = 0; i < x.Length; i++)
        {
            (xy, xx, yy) = (xy + ((x[i] - mx) * (y[i] - my)), xx + ((x[i] - mx) * (x[i] - mx)), yy + ((y[i] - my) * (y[i] - my)));
        }
        return xx > 0 && yy > 0 ? xy / Math.Sqrt(xx * yy) : double.NaN;
    }

    private static double Quantile(double[] sorted, double q)
    {
        double at = q * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }

    private static double[] Ranks(ReadOnlySpan<double> x)
    {
        double[] values = x.ToArray(), ranks = new double[x.Length];
        int[] order = [.. Enumerable.Range(0, x.Length)];
        Array.Sort(values, order);
        for (int i = 0, j; i < order.Length; i = j)
        {
            for (j = i + 1; j < order.Length && values[j] == values[i]; j++)
            {
            }
            for (int k = i; k < j; k++)
            {
                ranks[order[k]] = (i + j - 1) / 2.0;
            }
        }
        return ranks;
    }
}
