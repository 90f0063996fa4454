using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Non-negative factors of activations: X ≈ W·H with everything ≥ 0, by coordinate descent (Cichocki and Phan 2009). Ecco (Alammar 2021)
/// draws W
/// transposed: which groups of neurons fire together where.
/// </summary>
/// <param name="W"><c>[row, factor]</c>, row-major.</param>
/// <param name="H"><c>[factor, column]</c>, row-major.</param>
/// <param name="Iterations">How many were made.</param>
/// <param name="Error">‖X − W·H‖, Frobenius.</param>
/// <param name="RelativeError">Error divided by ‖X‖.</param>
public sealed record Factors(double[] W, double[] H, int Iterations, double Error, double RelativeError)
{
    /// <summary>Factors a matrix from a random start: |√(mean X / k) · Gaussian|.</summary>
    /// <param name="x">Non-negative, row-major; negatives are cut to 0.</param>
    /// <param name="rows">Rows of X: positions.</param>
    /// <param name="columns">Columns of X: neurons.</param>
    /// <param name="k">How many factors.</param>
    /// <param name="seed">Equal seeds give equal factors.</param>
    /// <param name="maxIterations">At most.</param>
    /// <param name="tolerance">Stops when the projected gradient has fallen to this share of the first iteration's.</param>
    public static Factors Of(ReadOnlySpan<float> x, int rows, int columns, int k, int seed = 0, int maxIterations = 500,
        double tolerance = 1e-4)
    {
        if (k < 1 || rows < 1 || columns < 1 || x.Length != rows * columns)
        {
            throw new VitrineException(
                $"factors: nothing to factor; got {k} factors of a matrix [{rows}, {columns}] with {x.Length} numbers; expected at "
                    + $"least one of each.");
        }
        double[] data = new double[x.Length];
        double mean = 0;
        for (int i = 0; i < data.Length; i++)
        {
            mean += (data[i] = Math.Max(0, x[i])) / data.Length;
        }
        var random = new Random(seed);
        double scale = Math.Sqrt(mean / k);
        double Draw() => Math.Abs(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        double[] h = [.. Enumerable.Range(0, k * columns).Select(_ => Draw())], w = [.. Enumerable.Range(0, rows * k).Select(_ => Draw())];
        return From(data, rows, columns, w, h, maxIterations, tolerance);
    }

    /// <summary>Factors a matrix from a given start.</summary>
    /// <param name="x">Non-negative, row-major.</param>
    /// <param name="rows">Rows of X.</param>
    /// <param name="columns">Columns of X.</param>
    /// <param name="w0">The first W.</param>
    /// <param name="h0">The first H.</param>
    /// <param name="maxIterations">At most.</param>
    /// <param name="tolerance">Stops when the projected gradient has fallen to this share of the first iteration's.</param>
    public static Factors From(double[] x, int rows, int columns, double[] w0, double[] h0, int maxIterations, double tolerance)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(w0);
        ArgumentNullException.ThrowIfNull(h0);
        int k = w0.Length / rows;
        double[] w = [.. w0], ht = Transposed(h0, k, columns), xt = Transposed(x, rows, columns);
        double first = 0;
        int iterations = 0;
        while (iterations < maxIterations)
        {
            double violation = Update(x, rows, columns, w, ht, k) + Update(xt, columns, rows, ht, w, k);
            iterations++;
            first = iterations == 1 ? violation : first;
            if (first == 0 || violation / first <= tolerance)
            {
                break;
            }
        }
        double[] h = Transposed(ht, columns, k);
        double error = 0, norm = 0;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double fit = 0;
                for (int f = 0; f < k; f++)
                {
                    fit += w[(i * k) + f] * h[(f * columns) + j];
                }
                (error, norm) = (error + ((x[(i * columns) + j] - fit) * (x[(i * columns) + j] - fit)), norm
                    + (x[(i * columns) + j] * x[(i * columns) + j]));
            }
        }
        return new(w, h, iterations, Math.Sqrt(error), norm > 0 ? Math.Sqrt(error / norm) : 0);
    }

    // One pass over the columns of W with H fixed: x [n, m], w [n, k], ht [m, k]. Returns the sum of the projected gradient.
    private static double Update(double[] x, int n, int m, double[] w, double[] ht, int k)
    {
        double[] hh = new double[k * k], xh = new double[n * k];
        for (int j = 0; j < m; j++)
        {
            for (int a = 0; a < k; a++)
            {
                for (int b = 0; b < k; b++)
                {
                    hh[(a * k) + b] += ht[(j * k) + a] * ht[(j * k) + b];
                }
            }
        }
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < m; j++)
            {
                double value = x[(i * m) + j];
                for (int a = 0; a < k && value != 0; a++)
                {
                    xh[(i * k) + a] += value * ht[(j * k) + a];
                }
            }
        }
        double violation = 0;
        for (int f = 0; f < k; f++)
        {
            for (int i = 0; i < n; i++)
            {
                double gradient = -xh[(i * k) + f];
                for (int a = 0; a < k; a++)
                {
                    gradient += hh[(f * k) + a] * w[(i * k) + a];
                }
                violation += Math.Abs(w[(i * k) + f] == 0 ? Math.Min(0, gradient) : gradient);
                if (hh[(f * k) + f] != 0)
                {
                    w[(i * k) + f] = Math.Max(w[(i * k) + f] - (gradient / hh[(f * k) + f]), 0);
                }
            }
        }
        return violation;
    }

    private static double[] Transposed(double[] x, int rows, int columns)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                y[(j * rows) + i] = x[(i * columns) + j];
            }
        }
        return y;
    }
}
