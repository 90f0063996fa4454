using System.Numerics;

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
                Vector<float> vr = new(r);
                int i = 0;
                for (; i <= d - Vector<float>.Count; i += Vector<float>.Count)
                {
                    (Vector.Load(xr + i) * vr * Vector.Load(gamma + i)).Store(yr + i);
                }
                for (; i < d; i++)
                {
                    yr[i] = xr[i] * r * gamma[i];
                }
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
                Vector<float> sum = default;
                int i = 0;
                for (; i <= d - Vector<float>.Count; i += Vector<float>.Count)
                {
                    sum = Vector.MultiplyAddEstimate(Vector.Load(dyr + i) * Vector.Load(gamma + i), Vector.Load(xr + i), sum);
                }
                float total = Vector.Sum(sum);
                for (; i < d; i++)
                {
                    total += dyr[i] * gamma[i] * xr[i];
                }
                // x̂ · mean(g·x̂) = x · rstd² · mean(g·x)
                float pull = total / d * r * r;
                Vector<float> vr = new(r), vPull = new(pull);
                for (i = 0; i <= d - Vector<float>.Count; i += Vector<float>.Count)
                {
                    (((Vector.Load(dyr + i) * Vector.Load(gamma + i)) - (Vector.Load(xr + i) * vPull)) * vr).Store(dxr + i);
                }
                for (; i < d; i++)
                {
                    dxr[i] = ((dyr[i] * gamma[i]) - (xr[i] * pull)) * r;
                }
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
