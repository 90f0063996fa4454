using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Correlations of ranks; ties as SciPy treats them.</summary>
public static class RankCorrelation
{
    /// <summary>Ranks from 1, the smallest first; equal values share the mean of their ranks (SciPy's <c>rankdata</c>).</summary>
    public static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        double[] ranks = new double[order.Length];
        for (int first = 0, next; first < order.Length; first = next)
        {
            for (next = first + 1; next < order.Length && sorted[next] == sorted[first]; next++)
            {
            }
            for (int i = first; i < next; i++)
            {
                ranks[order[i]] = (first + 1 + next) / 2.0;
            }
        }
        return ranks;
    }

    /// <summary>Spearman's ρ: Pearson's correlation of the ranks. NaN where either side is constant or has fewer than two values.</summary>
    /// <exception cref="VitrineException">They are not as many.</exception>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Check(x, y);
        (double[] a, double[] b) = (Ranks(x), Ranks(y));
        double mean = (x.Length + 1) / 2.0, ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.Length; i++)
        {
            ab += (a[i] - mean) * (b[i] - mean);
            aa += (a[i] - mean) * (a[i] - mean);
            bb += (b[i] - mean) * (b[i] - mean);
        }
        return aa == 0 || bb == 0 ? double.NaN : Math.Clamp(ab / Math.Sqrt(aa * bb), -1, 1);
    }

    /// <summary>
    /// Kendall's τ-b: (concordant − discordant pairs) / √(pairs not tied in x · pairs not tied in y). NaN where either side is constant.
    /// </summary>
    /// <exception cref="VitrineException">They are not as many.</exception>
    public static double KendallTau(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Check(x, y);
        long score = 0, freeX = 0, freeY = 0;
        for (int i = 0; i < x.Length; i++)
        {
            for (int j = i + 1; j < x.Length; j++)
            {
                int dx = x[i].CompareTo(x[j]), dy = y[i].CompareTo(y[j]);
                score += dx * dy;
                freeX += dx * dx;
                freeY += dy * dy;
            }
        }
        return freeX == 0 || freeY == 0 ? double.NaN : score / Math.Sqrt((double)freeX * freeY);
    }

    private static void Check(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
        {
            throw new VitrineException($"rank correlation: not as many values; got {x.Length} and {y.Length}; expected pairs.");
        }
    }
}
