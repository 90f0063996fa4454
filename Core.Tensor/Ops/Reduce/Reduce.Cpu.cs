using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>CPU kernels of the sums. Order of summation is fixed, whatever the number of threads.</summary>
internal static unsafe class ReduceCpu
{
    /// <summary>y[row] = Σ x[row, ·]; scalar 0 is the width.</summary>
    public static void SumRows(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        int width = call.Scalars[0].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                y[row] = SumRow(x + ((long)row * width), width);
            }
        }, Math.Max(1, (1 << 14) / Math.Max(1, width)));
    }

    /// <summary>y[outer, column] = Σ over rows of x[outer, ·, column]; scalar 0 is the number of rows.</summary>
    public static void SumColumns(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        int rows = call.Scalars[0].Int, columns = call.Work.X;
        for (int outer = 0; outer < call.Work.Y; outer++)
        {
            float* source = x + ((long)outer * rows * columns), target = y + ((long)outer * columns);
            Workers.For(columns, (from, to) =>
            {
                new Span<float>(target + from, to - from).Clear();
                for (int row = 0; row < rows; row++)
                {
                    float* line = source + ((long)row * columns);
                    int i = from;
                    for (; i <= to - Vector<float>.Count; i += Vector<float>.Count)
                    {
                        (Vector.Load(target + i) + Vector.Load(line + i)).Store(target + i);
                    }
                    for (; i < to; i++)
                    {
                        target[i] += line[i];
                    }
                }
            }, Math.Max(16, (1 << 14) / Math.Max(1, rows)));
        }
    }

    /// <summary>The sum of one row in float64: rows can be long, and a mean must not drift.</summary>
    private static float SumRow(float* x, int width)
    {
        Vector<double> low = default, high = default;
        int i = 0;
        for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(x + i), out Vector<double> a, out Vector<double> b);
            low += a;
            high += b;
        }
        double sum = Vector.Sum(low + high);
        for (; i < width; i++)
        {
            sum += x[i];
        }
        return (float)sum;
    }
}
