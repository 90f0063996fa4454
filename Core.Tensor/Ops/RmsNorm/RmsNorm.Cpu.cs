namespace Vitrine.Tensors;

/// <summary>CPU kernels of rms_norm.</summary>
internal static unsafe class RmsNormCpu
{
    private const int Grain = 1 << 14;

    /// <summary>Work: rows. Tensors x, gamma, y, rstd. Scalars: d, epsilon.</summary>
    public static void Forward(KernelCall call)
    {
        float* x = call.Float(0), gamma = call.Float(1), y = call.Float(2), rstd = call.Float(3);
        int d = call.Scalars[0].Int;
        float epsilon = call.Scalars[1].Float;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* xr = x + ((long)row * d), yr = y + ((long)row * d);
                float r = (float)(1 / Math.Sqrt((Simd.Dot(xr, xr, d) / d) + epsilon));
                rstd[row] = r;
                Simd.Scale(xr, r, yr, d);
                Simd.Multiply(yr, gamma, yr, d);
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }

    /// <summary>Work: (rows, seeds). Tensors x, gamma, rstd, dy [seeds·rows, d], dx. Scalar: d.</summary>
    public static void Backward(KernelCall call)
    {
        float* x = call.Float(0), gamma = call.Float(1), rstd = call.Float(2), dy = call.Float(3), dx = call.Float(4);
        int d = call.Scalars[0].Int, rows = call.Work.X;
        Workers.For(rows * call.Work.Y, (from, to) =>
        {
            for (int seedRow = from; seedRow < to; seedRow++)
            {
                int row = seedRow % rows;
                float* xr = x + ((long)row * d), dyr = dy + ((long)seedRow * d), dxr = dx + ((long)seedRow * d);
                float r = rstd[row];
                Simd.Multiply(dyr, gamma, dxr, d);
                // dx = r · g − x · r³ · mean(g·x)
                float pull = (float)(Simd.Dot(dxr, xr, d) / d) * r * r * r;
                Simd.Scale(dxr, r, dxr, d);
                Simd.MultiplyAdd(xr, -pull, dxr, dxr, d);
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }

    /// <summary>dgamma[seed, i] = Σ over rows of dy · x · rstd. Work: (d, seeds). Tensors x, rstd, dy, dgamma. Scalar: rows.</summary>
    public static void BackwardGamma(KernelCall call)
    {
        float* x = call.Float(0), rstd = call.Float(1), dy = call.Float(2), dgamma = call.Float(3);
        LayerNormCpu.SumOverRows(x, null, rstd, dy, dgamma, call.Scalars[0].Int, call.Work.X, call.Work.Y);
    }
}
