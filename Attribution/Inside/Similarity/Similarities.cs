using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>How alike two sets of activations of the same examples are, whatever their widths and bases.</summary>
/// <remarks>
/// Rows are examples (tokens), columns features. CKA: Kornblith et al. 2019; unbiased: Song et al. 2012 (HSIC), Nguyen et al. 2021. CCA:
/// Hotelling 1936;
/// SVCCA: Raghu et al. 2017; PWCCA: Morcos et al. 2018, with the directions of the paper (Ecco multiplies by rotated raw activations
/// instead).
/// </remarks>
public static class Similarities
{
    private const int MostPairs = 4096;

    /// <summary>
    /// Linear CKA, biased, 0–1. With fewer examples than features independent data come near 1: prefer <see cref="UnbiasedCka"/>.
    /// </summary>
    public static double LinearCka(Tensor x, Tensor y)
    {
        (Dense a, Dense b) = (Centred(x), Centred(y));
        return Overlap(a, b) / Math.Sqrt(Overlap(a, a) * Overlap(b, b));
    }

    /// <summary>Linear CKA by the unbiased estimate of HSIC; may be negative. Needs 4 examples.</summary>
    public static double UnbiasedCka(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Shape[0] < 4)
        {
            throw new VitrineException($"similarity: too few examples; got {x.Shape[0]}; expected at least 4.");
        }
        (Dense a, Dense b) = (Dense.Of(x), Dense.Of(y));
        return Hsic(a, b) / Math.Sqrt(Hsic(a, a) * Hsic(b, b));
    }

    /// <summary>
    /// CKA with Gaussian kernels exp(−d²/(2·median d²)), biased, 0–1; the median is over all pairs, each example with itself too.
    /// </summary>
    /// <exception cref="VitrineException">There are more than 4096 examples, whose table of pairs would not fit.</exception>
    public static double RbfCka(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return x.Shape[0] <= MostPairs ? Biased(Rbf(Gram(x)), Rbf(Gram(y))) : throw new VitrineException(
            $"similarity: too many examples for a kernel; got {x.Shape[0]}; expected at most {MostPairs}. Take fewer texts, or cka.");
    }

    /// <summary>Canonical correlations, falling, each 0–1.</summary>
    public static double[] Correlations(Tensor x, Tensor y) => Cca(Centred(x), Centred(y)).S;

    /// <summary>Mean canonical correlation.</summary>
    public static double MeanCca(Tensor x, Tensor y) => Correlations(x, y).Average();

    /// <summary>Mean canonical correlation of the first principal components of each.</summary>
    /// <param name="x"><c>[examples, features]</c></param>
    /// <param name="y"><c>[examples, features]</c></param>
    /// <param name="dimensions">How many components; at most the smaller width.</param>
    public static double Svcca(Tensor x, Tensor y, int dimensions) =>
        Cca(Principal(Centred(x), dimensions), Principal(Centred(y), dimensions)).S.Average();

    /// <summary>Canonical correlations weighted by how much of x each of its directions accounts for.</summary>
    public static double Pwcca(Tensor x, Tensor y)
    {
        Dense cx = Centred(x);
        (double[] s, Dense directions) = Cca(cx, Centred(y));
        double sum = 0, weights = 0;
        Dense shares = directions.Transposed().Times(cx); // [direction, feature]
        for (int i = 0; i < s.Length; i++)
        {
            double weight = 0;
            for (int j = 0; j < shares.Columns; j++)
            {
                weight += Math.Abs(shares[i, j]);
            }
            (sum, weights) = (sum + (weight * s[i]), weights + weight);
        }
        return sum / weights;
    }

    /// <summary>One measure by its name.</summary>
    /// <param name="name"><c>cka</c> (unbiased), <c>cka_biased</c>, <c>cka_rbf</c>, <c>cca</c>, <c>svcca</c> or <c>pwcca</c>.</param>
    /// <param name="x"><c>[examples, features]</c></param>
    /// <param name="y"><c>[examples, features]</c></param>
    /// <param name="dimensions">Components of SVCCA.</param>
    public static double Named(string name, Tensor x, Tensor y, int dimensions = 20)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return name switch
        {
            "cka" => UnbiasedCka(x, y),
            "cka_biased" => LinearCka(x, y),
            "cka_rbf" => RbfCka(x, y),
            "cca" => MeanCca(x, y),
            "svcca" => Svcca(x, y, Math.Min(dimensions, Math.Min(x.Shape[1], y.Shape[1]))),
            "pwcca" => Pwcca(x, y),
            _ => throw new VitrineException(
                $"similarity: no such measure; got '{name}'; expected cka, cka_biased, cka_rbf, cca, svcca or pwcca."),
        };
    }

    // Correlations of two centred matrices, and the orthonormal directions of the first, as columns.
    private static (double[] S, Dense Directions) Cca(Dense x, Dense y)
    {
        int most = Math.Max(x.Columns, y.Columns);
        if (x.Rows <= most)
        {
            throw new VitrineException(
                $"similarity: CCA needs more examples than features; got {x.Rows} examples and {most} features; expected more "
                    + $"examples, or CKA.");
        }
        (Dense qx, Dense qy) = (Basis(x), Basis(y));
        (Dense u, double[] s, _) = qx.Transposed().Times(qy).Svd();
        return ([.. s.Select(v => Math.Min(1, v))], qx.Times(u));
    }

    // An orthonormal basis of the columns; directions without variance are dropped.
    private static Dense Basis(Dense x)
    {
        (Dense u, double[] s, _) = x.Svd();
        int rank = s.Count(v => v > 1e-10 * s[0]);
        return rank == 0
            ? throw new VitrineException("similarity: activations without variance; got constant features; expected some that vary.")
            : u.Slice(0, rank);
    }

    private static Dense Principal(Dense x, int dimensions)
    {
        (Dense u, double[] s, _) = x.Svd();
        Dense part = u.Slice(0, dimensions);
        for (int i = 0; i < part.Rows; i++)
        {
            for (int j = 0; j < dimensions; j++)
            {
                part[i, j] *= s[j];
            }
        }
        return part;
    }

    private static Dense Centred(Tensor x) => Dense.Of(x).Centred();

    private static Dense Gram(Tensor x)
    {
        Dense a = Dense.Of(x);
        return a.Times(a.Transposed());
    }

    private static double Biased(Dense k, Dense l)
    {
        (Dense a, Dense b) = (Both(k), Both(l));
        return Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));
    }

    // H·K·H: rows and columns centred.
    private static Dense Both(Dense k) => k.Centred().Transposed().Centred();

    private static Dense Rbf(Dense gram)
    {
        int n = gram.Rows;
        double[] squares = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                squares[(i * n) + j] = Math.Max(0, gram[i, i] + gram[j, j] - (2 * gram[i, j]));
            }
        }
        double[] sorted = [.. squares.Order()];
        double median = sorted.Length % 2 == 1 ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        return new Dense(n, n, [.. squares.Select(d => Math.Exp(-d / (2 * median)))]);
    }

    // Unbiased, of linear kernels without their diagonals: from features, so that no table of pairs is needed.
    private static double Hsic(Dense x, Dense y)
    {
        double n = x.Rows;
        (double[] ownX, double[] rowX) = Kernel(x);
        (double[] ownY, double[] rowY) = Kernel(y);
        double trace = Overlap(x, y) - Sum(ownX, ownY), cross = Sum(rowX, rowY);
        return (trace + (rowX.Sum() * rowY.Sum() / ((n - 1) * (n - 2))) - (2 * cross / (n - 2))) / (n * (n - 3));
    }

    // The diagonal of X·Xᵀ, and the sums of its rows without it.
    private static (double[] Own, double[] Rows) Kernel(Dense x)
    {
        double[] sum = new double[x.Columns], own = new double[x.Rows], rows = new double[x.Rows];
        for (int i = 0; i < x.Rows; i++)
        {
            for (int j = 0; j < x.Columns; j++)
            {
                sum[j] += x[i, j];
                own[i] += x[i, j] * x[i, j];
            }
        }
        for (int i = 0; i < x.Rows; i++)
        {
            for (int j = 0; j < x.Columns; j++)
            {
                rows[i] += x[i, j] * sum[j];
            }
            rows[i] -= own[i];
        }
        return (own, rows);
    }

    // Σ (X·Xᵀ)∘(Y·Yᵀ) = ‖Xᵀ·Y‖², by whichever product is smaller.
    private static double Overlap(Dense x, Dense y)
    {
        if (x.Rows < Math.Min(x.Columns, y.Columns))
        {
            return Dot(x.Times(x.Transposed()), y.Times(y.Transposed()));
        }
        Dense product = x.Transposed().Times(y);
        return Dot(product, product);
    }

    private static double Sum(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Dot(Dense x, Dense y) => Sum(x.Values, y.Values);
}
