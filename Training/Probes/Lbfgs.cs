// Limited-memory BFGS, for smooth functions of thousands of variables whose gradient is cheap: probes. Nocedal 1980, “Updating
// quasi-Newton matrices with limited storage”; the line search is Lewis and Overton's (2013) bisection for the weak Wolfe conditions.
namespace Vitrine.Training;

/// <summary>Finds the minimum of a smooth function.</summary>
internal static class Lbfgs
{
    private const int Memory = 10, Tries = 60;
    private const double Decrease = 1e-4, Curvature = 0.9;

    /// <summary>A function's value at x; its gradient is written into the second argument.</summary>
    public delegate double Function(ReadOnlySpan<double> x, Span<double> gradient);

    /// <summary>Goes downhill until the largest component of the gradient is small.</summary>
    /// <param name="f">The function.</param>
    /// <param name="start">Where to begin; not changed.</param>
    /// <param name="tolerance">Largest component of the gradient at the end.</param>
    /// <param name="iterations">How many at most.</param>
    /// <param name="cancellation">Checked before every iteration.</param>
    public static double[] Minimise(Function f, double[] start, double tolerance, int iterations, CancellationToken cancellation)
    {
        (double[] x, double[] gradient) = ([.. start], new double[start.Length]);
        double value = f(x, gradient);
        List<(double[] Step, double[] Change, double Scale)> memory = [];
        for (int i = 0; i < iterations && gradient.Max(Math.Abs) > tolerance; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            double[] direction = Direction(gradient, memory);
            double slope = Vectors.Dot(direction, gradient);
            double first = memory.Count > 0 ? 1 : Math.Min(1, 1 / Math.Sqrt(Vectors.Dot(gradient, gradient)));
            if (slope >= 0 || Search(f, x, value, direction, slope, first) is not { } found)
            {
                if (memory.Count == 0)
                {
                    break; // rounding is all that is left
                }
                memory.Clear(); // the remembered curvature misleads: begin again from the gradient
                continue;
            }
            double[] step = Vectors.Combine(found.X, x, -1), change = Vectors.Combine(found.Gradient, gradient, -1);
            double product = Vectors.Dot(step, change);
            if (product > 1e-12 * Vectors.Dot(change, change))
            {
                memory.Add((step, change, 1 / product));
                memory.RemoveRange(0, Math.Max(0, memory.Count - Memory));
            }
            (x, gradient, value) = (found.X, found.Gradient, found.Value);
        }
        return x;
    }

    /// <summary>−H·g, with H from the last steps: the two-loop recursion.</summary>
    private static double[] Direction(double[] gradient, List<(double[] Step, double[] Change, double Scale)> memory)
    {
        double[] q = [.. gradient.Select(g => -g)], weights = new double[memory.Count];
        for (int i = memory.Count - 1; i >= 0; i--)
        {
            weights[i] = memory[i].Scale * Vectors.Dot(memory[i].Step, q);
            Vectors.Add(q, memory[i].Change, -weights[i]);
        }
        if (memory.Count > 0)
        {
            double[] last = memory[^1].Change;
            Vectors.Add(q, [.. q], (1 / (memory[^1].Scale * Vectors.Dot(last, last))) - 1);
        }
        for (int i = 0; i < memory.Count; i++)
        {
            Vectors.Add(q, memory[i].Step, weights[i] - (memory[i].Scale * Vectors.Dot(memory[i].Change, q)));
        }
        return q;
    }

    /// <summary>A point that is low enough and flat enough; null when there is none.</summary>
    private static Point? Search(Function f, double[] x, double value, double[] direction, double slope, double first)
    {
        (double low, double high, double length) = (0, double.PositiveInfinity, first);
        Point? lower = null;
        for (int i = 0; i < Tries; i++)
        {
            double[] at = Vectors.Combine(x, direction, length), gradient = new double[x.Length];
            double found = f(at, gradient);
            if (!(found <= value + (Decrease * length * slope)))
            {
                high = length;
            }
            else if (Vectors.Dot(gradient, direction) < Curvature * slope)
            {
                (low, lower) = (length, new(at, gradient, found));
            }
            else
            {
                return new(at, gradient, found);
            }
            length = double.IsInfinity(high) ? 2 * low : (low + high) / 2;
        }
        return lower;
    }

    private sealed record Point(double[] X, double[] Gradient, double Value);
}
