// CPU kernels of softmax and log_softmax: a row stays in cache for its three passes (maximum, exponentials, division).

namespace Vitrine.Tensors;

/// <summary>CPU kernels of softmax and log_softmax.</summary>
internal static unsafe class SoftmaxCpu
{
    private const int Grain = 1 << 13;
    private const int Block = 512;

    /// <summary>Work: rows. Tensors x, mask?, y. Scalars: d, leading axes, their lengths, the mask's strides along them.</summary>
    public static void Forward(KernelCall call)
    {
        float* x = call.Float(0), mask = call.Float(1), y = call.Float(2);
        Scalar[] s = call.Scalars;
        int d = s[0].Int, rank = s[1].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* source = x + ((long)row * d), target = y + ((long)row * d);
                if (mask != null)
                {
                    float* maskRow = mask;
                    for (int axis = rank - 1, left = row; axis >= 0; axis--)
                    {
                        (left, int i) = Math.DivRem(left, s[2 + axis].Int);
                        maskRow += (long)i * s[2 + rank + axis].Int;
                    }
                    Simd.Add(source, maskRow, target, d);
                    source = target;
                }
                float max = Simd.Max(source, d);
                if (float.IsNegativeInfinity(max))
                {
                    new Span<float>(target, d).Clear(); // everything is hidden: no weight anywhere
                    continue;
                }
                double sum = Simd.ExpSum(source, target, d, max);
                Simd.Scale(target, (float)(1 / sum), target, d);
            }
        }, RowGrain(d));
    }

    /// <summary>dx = y · (dy − Σ dy·y). Work: (rows, seeds). Tensors y, dy, dx. Scalar: d.</summary>
    public static void Backward(KernelCall call)
    {
        float* y = call.Float(0), dy = call.Float(1), dx = call.Float(2);
        int d = call.Scalars[0].Int, rows = call.Work.X;
        Workers.For(rows * call.Work.Y, (from, to) =>
        {
            for (int seedRow = from; seedRow < to; seedRow++)
            {
                float* yr = y + ((long)(seedRow % rows) * d), dyr = dy + ((long)seedRow * d), dxr = dx + ((long)seedRow * d);
                Simd.MultiplyShifted(yr, dyr, -(float)Simd.Dot(yr, dyr, d), dxr, d);
            }
        }, RowGrain(d));
    }

    /// <summary>Work: rows. Tensors x, y. Scalar: d.</summary>
    public static void LogForward(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        int d = call.Scalars[0].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* source = x + ((long)row * d), target = y + ((long)row * d);
                float max = Simd.Max(source, d), log = (float)Math.Log(Simd.ExpSum(source, target, d, max));
                // Two subtractions: max + log would round away digits when the maximum is large.
                Simd.Shift(source, -max, target, d);
                Simd.Shift(target, -log, target, d);
            }
        }, RowGrain(d));
    }

    /// <summary>dx = dy − e^y · Σ dy, the exponentials shared by all seeds. Work: (rows, seeds). Tensors y, dy, dx. Scalar: d.</summary>
    public static void LogBackward(KernelCall call)
    {
        float* y = call.Float(0), dy = call.Float(1), dx = call.Float(2);
        int d = call.Scalars[0].Int;
        (int rows, int seeds) = (call.Work.X, call.Work.Y);
        Workers.For(rows, (from, to) =>
        {
            float* p = stackalloc float[Block];
            float[] sums = new float[seeds];
            for (int row = from; row < to; row++)
            {
                for (int seed = 0; seed < seeds; seed++)
                {
                    sums[seed] = (float)Simd.Sum(dy + ((((long)seed * rows) + row) * d), d);
                }
                for (int start = 0; start < d; start += Block)
                {
                    int count = Math.Min(Block, d - start);
                    Simd.ExpSum(y + ((long)row * d) + start, p, count, 0);
                    for (int seed = 0; seed < seeds; seed++)
                    {
                        long at = ((((long)seed * rows) + row) * d) + start;
                        Simd.MultiplyAdd(p, -sums[seed], dy + at, dx + at, count);
                    }
                }
            }
        }, RowGrain(d * seeds));
    }

    private static int RowGrain(int d) => Math.Max(1, Grain / Math.Max(1, d));
}
