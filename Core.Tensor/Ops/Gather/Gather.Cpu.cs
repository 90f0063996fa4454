namespace Vitrine.Tensors;

/// <summary>CPU kernels of gather: copies of rows, and their sums back.</summary>
internal static unsafe class GatherCpu
{
    private const int Grain = 1 << 14;

    /// <summary>Work: ids. Tensors table, ids, y. Scalars: rows of the table, d.</summary>
    public static void Forward(KernelCall call)
    {
        float* table = call.Float(0), y = call.Float(2);
        int* ids = call.Int(1);
        int d = call.Scalars[1].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                new ReadOnlySpan<float>(table + ((long)ids[i] * d), d).CopyTo(new Span<float>(y + ((long)i * d), d));
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }

    /// <summary>The same from a table in half precision.</summary>
    public static void HalfForward(KernelCall call)
    {
        Half* table = call.Half(0);
        float* y = call.Float(2);
        int* ids = call.Int(1);
        int d = call.Scalars[1].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                HalfPrecision.Widen(table + ((long)ids[i] * d), new Span<float>(y + ((long)i * d), d));
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }

    /// <summary>
    /// dTable[seed, ids[i], ·] += dy[seed, i, ·]. Work: (ids, seeds). Tensors ids, dy, dTable. Scalars: rows of the table, d.
    /// Threads share the columns, not the ids: the same row may occur many times, and its sum has one order.
    /// </summary>
    public static void Backward(KernelCall call)
    {
        int* ids = call.Int(0);
        float* dy = call.Float(1), dTable = call.Float(2);
        (int rows, int d) = (call.Scalars[0].Int, call.Scalars[1].Int);
        (int count, int seeds) = (call.Work.X, call.Work.Y);
        for (int seed = 0; seed < seeds; seed++)
        {
            float* source = dy + ((long)seed * count * d), target = dTable + ((long)seed * rows * d);
            Workers.For(d, (from, to) =>
            {
                for (int i = 0; i < count; i++)
                {
                    float* sum = target + ((long)ids[i] * d) + from;
                    Simd.Add(sum, source + ((long)i * d) + from, sum, to - from);
                }
            }, Math.Max(16, Grain / Math.Max(1, count)));
        }
    }
}
