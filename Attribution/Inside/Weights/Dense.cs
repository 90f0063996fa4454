using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>A small dense matrix of doubles, row-major, with the factorings that looking at weights needs.</summary>
internal sealed class Dense
{
    public Dense(int rows, int columns, double[]? values = null) =>
        (Rows, Columns, Values) = (rows, columns, values ?? new double[rows * columns]);

    public int Rows { get; }

    public int Columns { get; }

    public double[] Values { get; }

    public double this[int i, int j]
    {
        get => Values[(i * Columns) + j];
        set => Values[(i * Columns) + j] = value;
    }

    public static Dense Of(Tensor matrix) => new(matrix.Shape[0], matrix.Shape[1], Array.ConvertAll(matrix.ToArray(), v => (double)v));

    public Dense Transposed()
    {
        var t = new Dense(Columns, Rows);
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < Columns; j++)
            {
                t[j, i] = this[i, j];
            }
        }
        return t;
    }

    public Dense Times(Dense other)
    {
        var product = new Dense(Rows, other.Columns);
        for (int i = 0; i < Rows; i++)
        {
            Span<double> row = product.Values.AsSpan(i * other.Columns, other.Columns);
            for (int k = 0; k < Columns; k++)
            {
                double a = this[i, k];
                ReadOnlySpan<double> b = other.Values.AsSpan(k * other.Columns, other.Columns);
                for (int j = 0; j < row.Length; j++)
                {
                    row[j] += a * b[j];
                }
            }
        }
        return product;
    }

    /// <summary>The columns from one on.</summary>
    public Dense Slice(int first, int count)
    {
        var part = new Dense(Rows, count);
        for (int i = 0; i < Rows; i++)
        {
            Values.AsSpan((i * Columns) + first, count).CopyTo(part.Values.AsSpan(i * count));
        }
        return part;
    }

    /// <summary>Every column minus its mean.</summary>
    public Dense Centred()
    {
        var y = new Dense(Rows, Columns, [.. Values]);
        for (int j = 0; j < Columns; j++)
        {
            double mean = 0;
            for (int i = 0; i < Rows; i++)
            {
                mean += this[i, j] / Rows;
            }
            for (int i = 0; i < Rows; i++)
            {
                y[i, j] -= mean;
            }
        }
        return y;
    }

    public double Norm() => Math.Sqrt(Values.Sum(v => v * v));

    /// <summary>
    /// A = U·diag(S)·Vᵀ with rows ≥ columns, by one-sided Jacobi rotations (Hestenes 1958); S falls. U <c>[rows, columns]</c>, V
    /// <c>[columns, columns]</c>.
    /// </summary>
    public (Dense U, double[] S, Dense V) Svd()
    {
        if (Rows < Columns)
        {
            (Dense u, double[] s, Dense v) = Transposed().Svd();
            return (v, s, u);
        }
        int n = Columns;
        Dense a = Transposed(), w = new(n, n); // rows of a are the columns
        for (int i = 0; i < n; i++)
        {
            w[i, i] = 1;
        }
        bool turned = true;
        for (int sweep = 0; sweep < 60 && turned; sweep++)
        {
            turned = false;
            for (int p = 0; p < n - 1; p++)
            {
                for (int q = p + 1; q < n; q++)
                {
                    turned |= Rotate(a, w, p, q);
                }
            }
        }
        double[] sizes = [.. Enumerable.Range(0, n).Select(i => Math.Sqrt(a.Values.AsSpan(i * Rows, Rows).ToArray().Sum(v => v * v)))];
        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => sizes[i])];
        var left = new Dense(Rows, n);
        var right = new Dense(n, n);
        for (int k = 0; k < n; k++)
        {
            int from = order[k];
            for (int i = 0; i < Rows; i++)
            {
                left[i, k] = sizes[from] > 0 ? a[from, i] / sizes[from] : 0;
            }
            for (int i = 0; i < n; i++)
            {
                right[i, k] = w[from, i];
            }
        }
        return (left, [.. order.Select(i => sizes[i])], right);
    }

    private static bool Rotate(Dense a, Dense w, int p, int q)
    {
        Span<double> x = a.Values.AsSpan(p * a.Columns, a.Columns), y = a.Values.AsSpan(q * a.Columns, a.Columns);
        double xx = 0, yy = 0, xy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            (xx, yy, xy) = (xx + (x[i] * x[i]), yy + (y[i] * y[i]), xy + (x[i] * y[i]));
        }
        if (Math.Abs(xy) <= 1e-15 * Math.Sqrt(xx * yy) || xy == 0)
        {
            return false;
        }
        double zeta = (yy - xx) / (2 * xy), t = (zeta >= 0 ? 1 : -1) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta))),
            c = 1 / Math.Sqrt(1 + (t * t)), s = c * t;
        Turn(x, y, c, s);
        Turn(w.Values.AsSpan(p * w.Columns, w.Columns), w.Values.AsSpan(q * w.Columns, w.Columns), c, s);
        return true;
    }

    private static void Turn(Span<double> x, Span<double> y, double c, double s)
    {
        for (int i = 0; i < x.Length; i++)
        {
            (x[i], y[i]) = ((c * x[i]) - (s * y[i]), (s * x[i]) + (c * y[i]));
        }
    }

    /// <summary>
    /// The eigenvalues of a square matrix, by Hessenberg reduction and shifted QR steps; ordered by |λ|, then real part, falling, then
    /// imaginary part, rising.
    /// </summary>
    public IReadOnlyList<(double Re, double Im)> Eigenvalues()
    {
        Dense h = Hessenberg();
        List<(double Re, double Im)> all = [];
        int high = Rows - 1, tries = 0;
        while (high >= 0)
        {
            int low = high;
            while (low > 0 && Math.Abs(h[low, low - 1]) > 1e-15 * (Math.Abs(h[low, low]) + Math.Abs(h[low - 1, low - 1])))
            {
                low--;
            }
            if (low == high)
            {
                all.Add((h[high, high], 0));
                (high, tries) = (high - 1, 0);
            }
            else if (low == high - 1)
            {
                all.AddRange(Pair(h, high));
                (high, tries) = (high - 2, 0);
            }
            else if (++tries > 300)
            {
                throw new VitrineException("eigenvalues: no convergence after 300 steps; the matrix may hold numbers that are not finite.");
            }
            else
            {
                Step(h, low, high, tries);
            }
        }
        return [.. all.OrderByDescending(z => Math.Round(Math.Sqrt((z.Re * z.Re) + (z.Im * z.Im)), 12)).ThenByDescending(z => z.Re)
            .ThenBy(z => z.Im)];
    }

    private Dense Hessenberg()
    {
        var h = new Dense(Rows, Columns, [.. Values]);
        int n = Rows;
        double[] v = new double[n];
        for (int k = 0; k < n - 2; k++)
        {
            double norm = 0;
            for (int i = k + 1; i < n; i++)
            {
                norm += h[i, k] * h[i, k];
            }
            norm = Math.Sqrt(norm);
            if (norm == 0)
            {
                continue;
            }
            double vv = 0;
            for (int i = k + 1; i < n; i++)
            {
                v[i] = h[i, k] + (i == k + 1 ? (h[i, k] >= 0 ? norm : -norm) : 0);
                vv += v[i] * v[i];
            }
            for (int j = 0; j < n; j++)
            {
                double dot = 0;
                for (int i = k + 1; i < n; i++)
                {
                    dot += v[i] * h[i, j];
                }
                for (int i = k + 1; i < n; i++)
                {
                    h[i, j] -= 2 * dot / vv * v[i];
                }
            }
            for (int i = 0; i < n; i++)
            {
                double dot = 0;
                for (int j = k + 1; j < n; j++)
                {
                    dot += h[i, j] * v[j];
                }
                for (int j = k + 1; j < n; j++)
                {
                    h[i, j] -= 2 * dot / vv * v[j];
                }
            }
        }
        return h;
    }

    private static (double, double)[] Pair(Dense h, int high)
    {
        double a = h[high - 1, high - 1], b = h[high - 1, high], c = h[high, high - 1], d = h[high, high];
        double half = (a + d) / 2, disc = (((a - d) / 2) * ((a - d) / 2)) + (b * c);
        if (disc < 0)
        {
            return [(half, Math.Sqrt(-disc)), (half, -Math.Sqrt(-disc))];
        }
        double root = Math.Sqrt(disc), first = half + (half >= 0 ? root : -root), det = (a * d) - (b * c);
        return first == 0 ? [(0, 0), (0, 0)] : [(first, 0), (det / first, 0)];
    }

    // Francis' double step on rows and columns low…high.
    private static void Step(Dense h, int low, int high, int tries)
    {
        double s = h[high - 1, high - 1] + h[high, high],
            t = (h[high - 1, high - 1] * h[high, high]) - (h[high - 1, high] * h[high, high - 1]);
        if (tries % 20 == 0) // an exceptional shift, when the usual one turns in circles
        {
            double big = Math.Abs(h[high, high - 1]) + Math.Abs(h[high - 1, high - 2]);
            (s, t) = (1.5 * big, big * big);
        }
        double x = (h[low, low] * h[low, low]) + (h[low, low + 1] * h[low + 1, low]) - (s * h[low, low]) + t;
        double y = h[low + 1, low] * (h[low, low] + h[low + 1, low + 1] - s), z = h[low + 1, low] * h[low + 2, low + 1];
        int n = h.Rows;
        for (int k = low; k < high; k++)
        {
            int size = k < high - 1 ? 3 : 2;
            double[] v = size == 3 ? [x, y, z] : [x, y];
            double norm = Math.Sqrt(v.Sum(e => e * e));
            if (norm > 0)
            {
                v[0] += v[0] >= 0 ? norm : -norm;
                double vv = v.Sum(e => e * e);
                Reflect(h, v, vv, k, size, Math.Max(low, k - 1), n, rows: true);
                Reflect(h, v, vv, k, size, 0, Math.Min(high, k + 3) + 1, rows: false);
            }
            x = h[k + 1, k];
            y = k + 2 <= high ? h[k + 2, k] : 0;
            z = k + 3 <= high ? h[k + 3, k] : 0;
        }
        for (int i = low + 2; i <= high; i++)
        {
            for (int j = low; j < i - 1; j++)
            {
                h[i, j] = 0;
            }
        }
    }

    private static void Reflect(Dense h, double[] v, double vv, int k, int size, int from, int to, bool rows)
    {
        for (int j = from; j < to; j++)
        {
            double dot = 0;
            for (int i = 0; i < size; i++)
            {
                dot += v[i] * (rows ? h[k + i, j] : h[j, k + i]);
            }
            for (int i = 0; i < size; i++)
            {
                if (rows)
                {
                    h[k + i, j] -= 2 * dot / vv * v[i];
                }
                else
                {
                    h[j, k + i] -= 2 * dot / vv * v[i];
                }
            }
        }
    }
}
