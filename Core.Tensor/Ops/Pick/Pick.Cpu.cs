namespace Vitrine.Tensors;

/// <summary>CPU kernels of pick.</summary>
internal static unsafe class PickCpu
{
    private const int Grain = 1 << 14;

    /// <summary>Work: rows. Tensors x, ids, y. Scalar: d.</summary>
    public static void Forward(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(2);
        int* ids = call.Int(1);
        int d = call.Scalars[0].Int;
        for (int row = 0; row < call.Work.X; row++)
        {
            y[row] = x[((long)row * d) + ids[row]];
        }
    }

    /// <summary>dx[seed, row, ·] = dy[seed, row] at ids[row], else 0. Work: (rows, seeds). Tensors ids, dy, dx. Scalar: d.</summary>
    public static void Backward(KernelCall call)
    {
        int* ids = call.Int(0);
        float* dy = call.Float(1), dx = call.Float(2);
        int d = call.Scalars[0].Int, rows = call.Work.X;
        Workers.For(rows * call.Work.Y, (from, to) =>
        {
            new Span<float>(dx + ((long)from * d), (to - from) * d).Clear();
            for (int seedRow = from; seedRow < to; seedRow++)
            {
                dx[((long)seedRow * d) + ids[seedRow % rows]] = dy[seedRow];
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }
}
