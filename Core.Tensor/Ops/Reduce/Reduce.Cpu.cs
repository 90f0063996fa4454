using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>CPU kernels of the reductions. The order of summation is fixed, whatever the number of threads.</summary>
internal static unsafe class ReduceCpu
{
    private const int Grain = 1 << 14;

    /// <summary>y[row] = factor · Σ x[row, ·]. Work: rows. Tensors x, y. Scalars: width, factor.</summary>
    public static void SumRows(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        int width = call.Scalars[0].Int;
        float factor = call.Scalars[1].Float;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                y[row] = (float)(factor * SumRow(x + ((long)row * width), width));
            }
        }, RowGrain(width));
    }

    /// <summary>
    /// y[outer, column] = factor · Σ over rows of x[outer, ·, column]. Work: (columns, outer). Tensors x, y. Scalars: rows, factor.
    /// </summary>
    public static void SumColumns(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        (int rows, float factor) = (call.Scalars[0].Int, call.Scalars[1].Float);
        int columns = call.Work.X;
        ColumnSums.Over(call.Work.Y, rows, columns, (outer, row, count, column, width, sums) =>
            ColumnSums.Add(x + ((((long)outer * rows) + row) * columns) + column, columns, count, width, factor, sums), y);
    }

    /// <summary>y[row] = max x[row, ·] and its first place. Work: rows. Tensors x, y, places. Scalar: width.</summary>
    public static void MaxForward(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        int* places = call.Int(2);
        int width = call.Scalars[0].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* xr = x + ((long)row * width);
                var values = new ReadOnlySpan<float>(xr, width);
                // A NaN makes the sum NaN, and so may infinities: only then is it looked for. IndexOf counts a NaN as equal to itself.
                int nan = double.IsNaN(Simd.Sum(xr, width)) ? values.IndexOf(float.NaN) : -1;
                y[row] = nan >= 0 ? float.NaN : Simd.Max(xr, width);
                // The maximum is one of the elements, so its bits are found; bits are compared a vector at a time.
                places[row] = nan >= 0 ? nan : new ReadOnlySpan<int>(xr, width).IndexOf(BitConverter.SingleToInt32Bits(y[row]));
            }
        }, RowGrain(width));
    }

    /// <summary>y[row] = √Σ x[row, ·]², squares and sum in float64. Work: rows. Tensors x, y. Scalar: width.</summary>
    public static void NormForward(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        int width = call.Scalars[0].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                y[row] = (float)Math.Sqrt(SumSquares(x + ((long)row * width), width));
            }
        }, RowGrain(width));
    }

    /// <summary>dx = x · dy / y. Work: (rows, seeds). Tensors x, y, dy, dx. Scalar: width.</summary>
    public static void NormBackward(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1), dy = call.Float(2), dx = call.Float(3);
        int width = call.Scalars[0].Int, rows = call.Work.X;
        Workers.For(rows * call.Work.Y, (from, to) =>
        {
            for (int seedRow = from; seedRow < to; seedRow++)
            {
                int row = seedRow % rows;
                Simd.Scale(x + ((long)row * width), y[row] == 0 ? 0 : dy[seedRow] / y[row], dx + ((long)seedRow * width), width);
            }
        }, RowGrain(width));
    }

    /// <summary>The sum of one row in float64: rows can be long, and a mean must not drift.</summary>
    private static double SumRow(float* x, int width)
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
        return sum;
    }

    /// <summary>Σ x² over so many floats, summed in float64.</summary>
    internal static double SumSquares(float* x, int width)
    {
        Vector<double> low = default, high = default;
        int i = 0;
        for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(x + i), out Vector<double> a, out Vector<double> b);
            low += a * a;
            high += b * b;
        }
        double sum = Vector.Sum(low + high);
        for (; i < width; i++)
        {
            sum += (double)x[i] * x[i];
        }
        return sum;
    }

    private static int RowGrain(int width) => Math.Max(1, Grain / Math.Max(1, width));
}
