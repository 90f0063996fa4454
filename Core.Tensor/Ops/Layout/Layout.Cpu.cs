namespace Vitrine.Tensors;

/// <summary>CPU kernels of the layout ops.</summary>
internal static unsafe class LayoutCpu
{
    private const int Grain = 1 << 14; // elements per piece: below that one thread is faster than two

    /// <summary>y[i…] = x[i…] for 4-byte elements; scalars: rank, lengths, strides of x, strides of y.</summary>
    public static void CopyStrided(KernelCall call) => Copy<int>(call, (int*)call.Float(0), (int*)call.Float(1));

    /// <summary>The same for 2-byte elements.</summary>
    public static void CopyStrided2(KernelCall call) => Copy<short>(call, (short*)call.Float(0), (short*)call.Float(1));

    /// <summary>The same for 1-byte elements.</summary>
    public static void CopyStrided1(KernelCall call) => Copy<byte>(call, (byte*)call.Float(0), (byte*)call.Float(1));

    /// <summary>y = value everywhere; y is contiguous.</summary>
    public static void Fill(KernelCall call)
    {
        float* y = call.Float(0);
        float value = call.Scalars[0].Float;
        Workers.For(call.Work.X, (from, to) => new Span<float>(y + from, to - from).Fill(value), Grain);
    }

    private static void Copy<T>(KernelCall call, T* x, T* y) where T : unmanaged
    {
        Scalar[] s = call.Scalars;
        int rank = s[0].Int;
        if (call.Work.X == 0)
        {
            return;
        }
        if (rank == 0)
        {
            *y = *x;
            return;
        }
        int width = s[rank].Int;                                     // the last axis is the inner loop
        int stepX = s[2 * rank].Int, stepY = s[3 * rank].Int;
        if (rank >= 2 && stepX != 1 && s[(2 * rank) - 1].Int == 1)
        {
            Transpose(call, x, y);
            return;
        }
        int outer = call.Work.X / width;
        Workers.For(outer, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                int left = row, offsetX = 0, offsetY = 0;
                for (int axis = rank - 2; axis >= 0; axis--)
                {
                    int length = s[1 + axis].Int, i = left % length;
                    left /= length;
                    offsetX += i * s[1 + rank + axis].Int;
                    offsetY += i * s[1 + (2 * rank) + axis].Int;
                }
                T* source = x + offsetX, target = y + offsetY;
                if (stepX == 1 && stepY == 1)
                {
                    new ReadOnlySpan<T>(source, width).CopyTo(new Span<T>(target, width));
                    continue;
                }
                for (int i = 0; i < width; i++)
                {
                    target[i * stepY] = source[i * stepX];
                }
            }
        }, Math.Max(1, Grain / width));
    }

    /// <summary>
    /// The same when x is read without gaps along the last axis but one: in square tiles, so that every cache line that is fetched is used
    /// up.
    /// </summary>
    private static void Transpose<T>(KernelCall call, T* x, T* y) where T : unmanaged
    {
        const int Tile = 32;
        Scalar[] s = call.Scalars;
        int rank = s[0].Int, columns = s[rank].Int, rows = s[rank - 1].Int;
        int columnX = s[2 * rank].Int, columnY = s[3 * rank].Int, rowY = s[(3 * rank) - 1].Int;
        int bands = (rows + Tile - 1) / Tile, matrices = call.Work.X / (rows * columns);
        Workers.For(matrices * bands, (from, to) =>
        {
            for (int task = from; task < to; task++)
            {
                (int left, int band) = Math.DivRem(task, bands);
                T* source = x, target = y;
                for (int axis = rank - 3; axis >= 0; axis--)
                {
                    (left, int i) = Math.DivRem(left, s[1 + axis].Int);
                    source += (long)i * s[1 + rank + axis].Int;
                    target += (long)i * s[1 + (2 * rank) + axis].Int;
                }
                int end = Math.Min(rows, (band + 1) * Tile);
                for (int start = 0; start < columns; start += Tile)
                {
                    for (int row = band * Tile; row < end; row++)
                    {
                        for (int column = start; column < Math.Min(columns, start + Tile); column++)
                        {
                            target[((long)row * rowY) + ((long)column * columnY)] = source[row + ((long)column * columnX)];
                        }
                    }
                }
            }
        }, Math.Max(1, Grain / (Tile * columns)));
    }
}
