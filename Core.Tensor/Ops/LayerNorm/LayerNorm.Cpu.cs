// CPU kernels of layer_norm: one row stays in the first-level cache for all its passes.

namespace Vitrine.Tensors;

/// <summary>CPU kernels of layer_norm; each finds its rows, <see cref="Rows{V}"/> holds the arithmetic.</summary>
internal static unsafe class LayerNormCpu
{
    private const int Grain = 1 << 14;

    /// <summary>Work: rows. Tensors x, gamma, beta, y, mean, rstd. Scalars: d, epsilon.</summary>
    public static void Forward(KernelCall call)
    {
        float* x = call.Float(0), gamma = call.Float(1), beta = call.Float(2), y = call.Float(3), mean = call.Float(4),
            rstd = call.Float(5);
        int d = call.Scalars[0].Int;
        float epsilon = call.Scalars[1].Float;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* xr = x + ((long)row * d), yr = y + ((long)row * d);
                // Two passes: the mean first, then squares of what is left. One pass (E[x²] − mean²) cancels badly.
                float mu = (float)(Simd.Sum(xr, d) / d);
                float r = (float)(1 / Math.Sqrt((Simd.SumSquaredDeviations(xr, mu, d, yr) / d) + epsilon));
                (mean[row], rstd[row]) = (mu, r);
                if (Simd.Wide)
                {
                    Rows<Floats16>.Normalize(xr, mu, r, gamma, beta, yr, d);
                }
                else
                {
                    Rows<Floats8>.Normalize(xr, mu, r, gamma, beta, yr, d);
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
                if (Simd.Wide)
                {
                    Rows<Floats16>.Backward(xr, mean[row], rstd[row], gamma, dyr, dxr, d);
                }
                else
                {
                    Rows<Floats8>.Backward(xr, mean[row], rstd[row], gamma, dyr, dxr, d);
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

    /// <summary>sums[seed, i] = Σ over rows of dy[seed, row, i] · (x[row, i] − mean[row]) · rstd[row]; without means, they are 0.</summary>
    public static void SumOverRows(float* x, float* mean, float* rstd, float* dy, float* sums, int rows, int d, int seeds) =>
        ColumnSums.Over(seeds, rows, d, (seed, first, count, column, width, target) =>
        {
            new Span<float>(target, width).Clear();
            for (int row = first; row < first + count; row++)
            {
                float* xr = x + ((long)row * d) + column, dyr = dy + ((((long)seed * rows) + row) * d) + column;
                float mu = mean == null ? 0 : mean[row];
                if (Simd.Wide)
                {
                    Rows<Floats16>.AddProducts(dyr, xr, mu, rstd[row], target, width, d);
                }
                else
                {
                    Rows<Floats8>.AddProducts(dyr, xr, mu, rstd[row], target, width, d);
                }
            }
        }, sums);

    /// <summary>The arithmetic of one row, for one vector width.</summary>
    private static class Rows<V> where V : struct, IFloats<V>
    {
        /// <summary>y = (x − mu) · r · gamma + beta.</summary>
        public static void Normalize(float* x, float mu, float r, float* gamma, float* beta, float* y, int d)
        {
            V vMu = V.Of(mu), vR = V.Of(r);
            int i = 0;
            for (; i <= d - V.Count; i += V.Count)
            {
                Simd.Prefetch(x + d + i); // the next row arrives while this one is written
                V.Fma((V.Load(x + i) - vMu) * vR, V.Load(gamma + i), V.Load(beta + i)).Store(y + i);
            }
            for (; i < d; i++)
            {
                y[i] = ((x[i] - mu) * r * gamma[i]) + beta[i];
            }
        }

        /// <summary>dx = r · (g − mean(g) − x̂ · mean(g·x̂)) with g = dy · gamma and x̂ = (x − mu) · r.</summary>
        public static void Backward(float* x, float mu, float r, float* gamma, float* dy, float* dx, int d)
        {
            V vMu = V.Of(mu), vR = V.Of(r), sumG = V.Of(0), sumGx = V.Of(0);
            int i = 0;
            for (; i <= d - V.Count; i += V.Count)
            {
                Simd.Prefetch(dx + i);
                V g = V.Load(dy + i) * V.Load(gamma + i);
                sumG += g;
                sumGx = V.Fma(g, (V.Load(x + i) - vMu) * vR, sumGx);
            }
            float meanG = V.Sum(sumG), meanGx = V.Sum(sumGx);
            for (; i < d; i++)
            {
                float g = dy[i] * gamma[i];
                meanG += g;
                meanGx += g * ((x[i] - mu) * r);
            }
            (meanG, meanGx) = (meanG / d, meanGx / d);
            V vG = V.Of(meanG), vGx = V.Of(-meanGx);
            for (i = 0; i <= d - V.Count; i += V.Count)
            {
                Simd.Prefetch(x + d + i); // the next row
                Simd.Prefetch(dy + d + i);
                V g = (V.Load(dy + i) * V.Load(gamma + i)) - vG;
                (V.Fma((V.Load(x + i) - vMu) * vR, vGx, g) * vR).Store(dx + i);
            }
            for (; i < d; i++)
            {
                dx[i] = ((dy[i] * gamma[i]) - meanG - ((x[i] - mu) * r * meanGx)) * r;
            }
        }

        /// <summary>sums += dy · (x − mu) · r. The rows lie d apart: the processor does not see which comes next.</summary>
        public static void AddProducts(float* dy, float* x, float mu, float r, float* sums, int n, int d)
        {
            const int RowsAhead = 2;
            V vMu = V.Of(mu), vR = V.Of(r);
            int i = 0;
            for (; i <= n - V.Count; i += V.Count)
            {
                Simd.Prefetch(x + (RowsAhead * d) + i);
                Simd.Prefetch(dy + (RowsAhead * d) + i);
                V.Fma(V.Load(dy + i), (V.Load(x + i) - vMu) * vR, V.Load(sums + i)).Store(sums + i);
            }
            for (; i < n; i++)
            {
                sums[i] += dy[i] * ((x[i] - mu) * r);
            }
        }
    }
}
