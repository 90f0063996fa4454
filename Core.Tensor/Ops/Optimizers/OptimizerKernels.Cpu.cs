using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>CPU kernels of what changes tensors in place.</summary>
internal static unsafe class OptimizerCpu
{
    private const int Grain = 1 << 13;

    /// <summary>Work: elements. Tensors w, g, m, v. Scalars: scale of g, β₁, β₂, rate, scale of the root, ε, decay.</summary>
    public static void AdamW(KernelCall call)
    {
        float* w = call.Float(0), g = call.Float(1), m = call.Float(2), v = call.Float(3);
        (float scale, float beta1, float beta2) = (call.Scalars[0].Float, call.Scalars[1].Float, call.Scalars[2].Float);
        (float rate, float squareScale, float epsilon, float decay) =
            (call.Scalars[3].Float, call.Scalars[4].Float, call.Scalars[5].Float, call.Scalars[6].Float);
        Workers.For(call.Work.X, (from, to) =>
        {
            int i = from;
            for (; i <= to - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> gi = Vector.Load(g + i) * scale;
                Vector<float> mi = (Vector.Load(m + i) * beta1) + (gi * (1 - beta1));
                Vector<float> vi = (Vector.Load(v + i) * beta2) + (gi * gi * (1 - beta2));
                Vector<float> wi = Vector.Load(w + i) * (1 - decay);
                wi -= mi * rate / ((Vector.SquareRoot(vi) * squareScale) + new Vector<float>(epsilon));
                mi.Store(m + i);
                vi.Store(v + i);
                wi.Store(w + i);
            }
            for (; i < to; i++)
            {
                float gi = g[i] * scale;
                m[i] = (m[i] * beta1) + (gi * (1 - beta1));
                v[i] = (v[i] * beta2) + (gi * gi * (1 - beta2));
                w[i] = (w[i] * (1 - decay)) - (m[i] * rate / ((MathF.Sqrt(v[i]) * squareScale) + epsilon));
            }
        }, Grain);
    }

    /// <summary>Work: elements. Tensors w, g, m. Scalars: keep, scale of g, decay, rate.</summary>
    public static void Sgd(KernelCall call)
    {
        float* w = call.Float(0), g = call.Float(1), m = call.Float(2);
        (float keep, float scale, float decay, float rate) =
            (call.Scalars[0].Float, call.Scalars[1].Float, call.Scalars[2].Float, call.Scalars[3].Float);
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                m[i] = (keep * m[i]) + (g[i] * scale) + (decay * w[i]);
                w[i] -= rate * m[i];
            }
        }, Grain);
    }

    /// <summary>Work: elements. Tensors a, w. Scalar: part.</summary>
    public static void Average(KernelCall call)
    {
        float* a = call.Float(0), w = call.Float(1);
        float part = call.Scalars[0].Float;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                a[i] += part * (w[i] - a[i]);
            }
        }, Grain);
    }

    /// <summary>Work: elements. Tensors a, b.</summary>
    public static void Exchange(KernelCall call)
    {
        float* a = call.Float(0), b = call.Float(1);
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                (a[i], b[i]) = (b[i], a[i]);
            }
        }, Grain);
    }

    /// <summary>
    /// sums[c] = Σ x² of chunk c, summed in float64. Work: chunks. Tensors x, sums. Scalars: elements, elements of a chunk.
    /// </summary>
    public static void SquareSums(KernelCall call)
    {
        float* x = call.Float(0), sums = call.Float(1);
        (int n, int chunk) = (call.Scalars[0].Int, call.Scalars[1].Int);
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int c = from; c < to; c++)
            {
                int first = c * chunk;
                sums[c] = (float)ReduceCpu.SumSquares(x + first, Math.Min(chunk, n - first));
            }
        }, 1);
    }

    /// <summary>Work: 1. Tensors sums, norm. Scalar: how many.</summary>
    public static void RootSum(KernelCall call)
    {
        double sum = 0;
        foreach (float part in new ReadOnlySpan<float>(call.Float(0), call.Scalars[0].Int))
        {
            sum += part;
        }
        *call.Float(1) = (float)Math.Sqrt(sum);
    }
}
