using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>CPU kernels of layer_norm: one row stays in the first-level cache for all its passes.</summary>
internal static unsafe class LayerNormCpu
{
    private const int Grain = 1 << 14;

    /// <summary>Work: rows. Tensors x, gamma, beta, y, mean, rstd. Scalars: d, epsilon.</summary>
    public static void Forward(KernelCall call)
    {
        float* x = call.Float(0), gamma = call.Float(1), beta = call.Float(2), y = call.Float(3), mean = call.Float(4), rstd = call.Float(5);
        int d = call.Scalars[0].Int;
        float epsilon = call.Scalars[1].Float;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* xr = x + ((long)row * d), yr = y + ((long)row * d);
                // Two passes: the mean first, then squares of what is left. One pass (E[x²] − mean²) cancels badly.
                double sum = Simd.Sum(xr, d);
                float mu = (float)(sum / d);
                double squares = Simd.SumSquaredDeviations(xr, mu, d);
                float r = (float)(1 / Math.Sqrt((squares / d) + epsilon));
                (mean[row], rstd[row]) = (mu, r);
                Vector<float> vmu = new(mu), vr = new(r);
                int i = 0;
                for (; i <= d - Vector<float>.Count; i += Vector<float>.Count)
                {
                    (((Vector.Load(xr + i) - vmu) * vr * Vector.Load(gamma + i)) + Vector.Load(beta + i)).Store(yr + i);
                }
                for (; i < d; i++)
                {
                    yr[i] = ((xr[i] - mu) * r * gamma[i]) + beta[i];
                }
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }

    /// <summary>Work: (rows, seeds). Tensors x, gamma, mean, rstd, dy [seeds·rows, d], dx. Scalar: d.</summary>
    public static void Backward(KernelCall call)
    {
        float* x = call.Float(0), gamma = call.Float(1), mean = call.Float(2), rstd = call.Float(3), dy = call.Float(4), dx = call.Float(5);
        int d = call.Scalars[0].Int, rows = call.Work.X;
        Workers.For(rows * call.Work.Y, (from, to) =>
        {
            for (int seedRow = from; seedRow < to; seedRow++)
            {
                int row = seedRow % rows;
                float* xr = x + ((long)row * d), dyr = dy + ((long)seedRow * d), dxr = dx + ((long)seedRow * d);
                (float mu, float r) = (mean[row], rstd[row]);
                // mean(g) and mean(g·x̂), g = dy·gamma
                Vector<float> vmu = new(mu), vr = new(r), sumG = default, sumGx = default;
                int i = 0;
                for (; i <= d - Vector<float>.Count; i += Vector<float>.Count)
                {
                    Vector<float> g = Vector.Load(dyr + i) * Vector.Load(gamma + i);
                    sumG += g;
                    sumGx += g * ((Vector.Load(xr + i) - vmu) * vr);
                }
                float meanG = Vector.Sum(sumG), meanGx = Vector.Sum(sumGx);
                for (; i < d; i++)
                {
                    float g = dyr[i] * gamma[i];
                    meanG += g;
                    meanGx += g * ((xr[i] - mu) * r);
                }
                (meanG, meanGx) = (meanG / d, meanGx / d);
                Vector<float> vG = new(meanG), vGx = new(meanGx);
                for (i = 0; i <= d - Vector<float>.Count; i += Vector<float>.Count)
                {
                    Vector<float> g = Vector.Load(dyr + i) * Vector.Load(gamma + i);
                    ((g - vG - ((Vector.Load(xr + i) - vmu) * vr * vGx)) * vr).Store(dxr + i);
                }
                for (; i < d; i++)
                {
                    dxr[i] = ((dyr[i] * gamma[i]) - meanG - ((xr[i] - mu) * r * meanGx)) * r;
                }
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }

    /// <summary>dgamma[seed, i] = Σ over rows of dy · x̂. Work: (d, seeds). Tensors x, mean, rstd, dy, dgamma. Scalar: rows.</summary>
    public static void BackwardGamma(KernelCall call)
    {
        float* x = call.Float(0), mean = call.Float(1), rstd = call.Float(2), dy = call.Float(3), dgamma = call.Float(4);
        SumOverRows(x, mean, rstd, dy, dgamma, call.Scalars[0].Int, call.Work.X, call.Work.Y);
    }

    /// <summary>
    /// sums[seed, i] = Σ over rows of dy[seed, row, i] · (x[row, i] − mean[row]) · rstd[row]; without means, they are 0.
    /// Threads share the columns and walk the rows in order: the sum is the same for any number of threads.
    /// </summary>
    public static void SumOverRows(float* x, float* mean, float* rstd, float* dy, float* sums, int rows, int d, int seeds)
    {
        for (int seed = 0; seed < seeds; seed++)
        {
            float* dys = dy + ((long)seed * rows * d), target = sums + ((long)seed * d);
            Workers.For(d, (from, to) =>
            {
                new Span<float>(target + from, to - from).Clear();
                for (int row = 0; row < rows; row++)
                {
                    float* xr = x + ((long)row * d), dyr = dys + ((long)row * d);
                    (float mu, float r) = (mean == null ? 0 : mean[row], rstd[row]);
                    Vector<float> vmu = new(mu), vr = new(r);
                    int i = from;
                    for (; i <= to - Vector<float>.Count; i += Vector<float>.Count)
                    {
                        (Vector.Load(target + i) + (Vector.Load(dyr + i) * ((Vector.Load(xr + i) - vmu) * vr))).Store(target + i);
                    }
                    for (; i < to; i++)
                    {
                        target[i] += dyr[i] * ((xr[i] - mu) * r);
                    }
                }
            }, Math.Max(64, Grain / Math.Max(1, rows)));
        }
    }
}
