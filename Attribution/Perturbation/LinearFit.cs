namespace Vitrine.Attributions;

/// <summary>Weighted linear regressions without intercept, in float64.</summary>
internal static class LinearFit
{
    private const int MaxSweeps = 1000;

    /// <summary>
    /// As scikit-learn's default: where coordinate descent looks at the duality gap, and how small it must be relative to ‖y‖².
    /// </summary>
    private const double Tolerance = 1e-4;

    /// <summary>Σ aᵢbᵢ.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /// <summary>
    /// min Σ w (y − Xb)² + α‖b‖²: solves (XᵀWX + αI) b = XᵀWy by Cholesky's decomposition. A feature that depends on those before it
    /// gets 0.
    /// </summary>
    public static double[] Ridge(double[][] x, double[] y, double[] w, double alpha)
    {
        int n = x[0].Length;
        double[,] a = new double[n, n];
        double[] b = new double[n];
        for (int row = 0; row < x.Length; row++)
        {
            for (int i = 0; i < n; i++)
            {
                double wx = w[row] * x[row][i];
                b[i] += wx * y[row];
                for (int j = 0; j <= i; j++)
                {
                    a[i, j] += wx * x[row][j];
                }
            }
        }
        double[] smallest = new double[n];
        for (int i = 0; i < n; i++)
        {
            a[i, i] += alpha;
            smallest[i] = 1e-12 * a[i, i];
        }
        for (int j = 0; j < n; j++)
        {
            double pivot = a[j, j];
            for (int k = 0; k < j; k++)
            {
                pivot -= a[j, k] * a[j, k];
            }
            bool dependent = pivot <= smallest[j];
            a[j, j] = dependent ? 0 : Math.Sqrt(pivot);
            for (int i = j + 1; i < n; i++)
            {
                double sum = a[i, j];
                for (int k = 0; k < j; k++)
                {
                    sum -= a[i, k] * a[j, k];
                }
                a[i, j] = dependent ? 0 : sum / a[j, j];
            }
        }
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < i; k++)
            {
                b[i] -= a[i, k] * b[k];
            }
            b[i] = a[i, i] == 0 ? 0 : b[i] / a[i, i];
        }
        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
            {
                b[i] -= a[k, i] * b[k];
            }
            b[i] = a[i, i] == 0 ? 0 : b[i] / a[i, i];
        }
        return b;
    }

    /// <summary>
    /// min 1/(2n) · Σ w (y − Xb)² + α‖b‖₁ by cyclic coordinate descent with scikit-learn's stopping rule: when no coefficient moves by more
    /// than 1e-4 of the largest, and the duality gap is below 1e-4 · ‖√w y‖².
    /// </summary>
    public static double[] Lasso(double[][] x, double[] y, double[] w, double alpha)
    {
        int n = x.Length, features = x[0].Length;
        double[] roots = Array.ConvertAll(w, Math.Sqrt);
        double[] target = [.. y.Select((value, i) => value * roots[i])];
        double[][] columns = [.. Enumerable.Range(0, features).Select(j => x.Select((row, i) => row[j] * roots[i]).ToArray())];
        double[] norms = Array.ConvertAll(columns, column => Dot(column, column));
        double[] b = new double[features], rest = [.. target];
        double penalty = alpha * n, gapAllowed = Tolerance * Dot(target, target);
        for (int sweep = 0; sweep < MaxSweeps; sweep++)
        {
            double largest = 0, moved = 0;
            for (int j = 0; j < features; j++)
            {
                if (norms[j] == 0)
                {
                    continue;
                }
                double before = b[j];
                double pull = Dot(columns[j], rest) + (norms[j] * before);
                b[j] = Math.Sign(pull) * Math.Max(Math.Abs(pull) - penalty, 0) / norms[j];
                for (int i = 0; i < n && b[j] != before; i++)
                {
                    rest[i] += (before - b[j]) * columns[j][i];
                }
                (largest, moved) = (Math.Max(largest, Math.Abs(b[j])), Math.Max(moved, Math.Abs(b[j] - before)));
            }
            if ((largest == 0 || moved / largest < Tolerance) && DualityGap(columns, target, rest, b, penalty) < gapAllowed)
            {
                break;
            }
        }
        return b;
    }

    /// <summary>½‖r‖² + p‖b‖₁ minus the dual objective at r scaled into its feasible set.</summary>
    private static double DualityGap(double[][] columns, double[] target, double[] rest, double[] b, double penalty)
    {
        double steepest = columns.Max(column => Math.Abs(Dot(column, rest)));
        double scale = steepest > penalty ? penalty / steepest : 1;
        double squares = Dot(rest, rest);
        return (0.5 * squares * (1 + (scale * scale))) + (penalty * b.Sum(Math.Abs)) - (scale * Dot(rest, target));
    }
}
