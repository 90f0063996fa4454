using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Vitrine.Tensors;

/// <summary>
/// Sums down the columns of matrices. Threads share blocks of rows and columns; the sums of the blocks are then summed in the same way, so
/// the bits do not depend on the number of threads.
/// </summary>
internal static unsafe class ColumnSums
{
    private const int Grain = 1 << 14;
    private const int Rows = 64, Columns = 4096; // of a block: its sums stay in the cache while the rows stream by

    /// <summary>Writes the column sums of one block of one matrix.</summary>
    public delegate void BlockSum(int matrix, int row, int rows, int column, int columns, float* sums);

    /// <summary>y[matrix, column] = the sums that <paramref name="sum"/> finds, over all rows.</summary>
    public static void Over(int matrices, int rows, int columns, BlockSum sum, float* y)
    {
        int heights = Math.Max(1, (rows + Rows - 1) / Rows);
        if (heights == 1)
        {
            OfBlocks(matrices, rows, columns, sum, y);
            return;
        }
        float[] parts = GC.AllocateUninitializedArray<float>(checked(matrices * heights * columns), pinned: true);
        float* part = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(parts, 0);
        OfBlocks(matrices, rows, columns, sum, part);
        Over(matrices, heights, columns, (matrix, row, count, column, width,
            sums) => Add(part + ((((long)matrix * heights) + row) * columns) + column, columns, count, width, 1, sums), y);
        GC.KeepAlive(parts);
    }

    /// <summary>sums[i] = factor · Σ over rows of x[row, i], summed in float64; the rows lie <paramref name="stride"/> apart.</summary>
    public static void Add(float* x, int stride, int rows, int columns, float factor, float* sums)
    {
        const int Together = 8; // rows read side by side: their totals are loaded and stored once
        double* totals = stackalloc double[Columns];
        new Span<double>(totals, columns).Clear();
        for (int row = 0; row < rows; row += Together)
        {
            AddRows(x + ((long)row * stride), stride, Math.Min(Together, rows - row), totals, columns);
        }
        for (int i = 0; i < columns; i++)
        {
            sums[i] = (float)(factor * totals[i]);
        }
    }

    private static void OfBlocks(int matrices, int rows, int columns, BlockSum sum, float* parts)
    {
        int heights = Math.Max(1, (rows + Rows - 1) / Rows), strips = (columns + Columns - 1) / Columns;
        Workers.For(matrices * strips * heights, (from, to) =>
        {
            for (int block = from; block < to; block++)
            {
                (int strip, int height) = Math.DivRem(block, heights); // a thread goes down a strip
                (int matrix, strip) = Math.DivRem(strip, strips);
                int row = height * Rows, column = strip * Columns;
                sum(matrix, row, Math.Min(Rows, rows - row), column, Math.Min(Columns, columns - column),
                    parts + ((((long)matrix * heights) + height) * columns) + column);
            }
        }, Math.Max(1, Grain / Math.Max(1, Math.Min(Rows, rows) * Math.Min(Columns, columns))));
    }

    private static void AddRows(float* x, int stride, int rows, double* totals, int columns)
    {
        int i = 0;
        for (; i <= columns - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Vector512<double> low = Vector512.Load(totals + i), high = Vector512.Load(totals + i + Vector512<double>.Count);
            for (int row = 0; row < rows; row++)
            {
                (Vector512<double> a, Vector512<double> b) = Vector512.Widen(Vector512.Load(x + ((long)row * stride) + i));
                low += a;
                high += b;
            }
            low.Store(totals + i);
            high.Store(totals + i + Vector512<double>.Count);
        }
        for (; i < columns; i++)
        {
            for (int row = 0; row < rows; row++)
            {
                totals[i] += x[((long)row * stride) + i];
            }
        }
    }
}
