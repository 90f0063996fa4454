using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>CPU kernels of kl_div.</summary>
internal static unsafe class KlDivCpu
{
    private const int Grain = 1 << 13;
    private const int Block = 512;

    /// <summary>Work: rows. Tensors logP, logQ, y. Scalar: d.</summary>
    public static void Forward(KernelCall call)
    {
        float* logP = call.Float(0), logQ = call.Float(1), y = call.Float(2);
        int d = call.Scalars[0].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            float* p = stackalloc float[Block], terms = stackalloc float[Block];
            for (int row = from; row < to; row++)
            {
                double sum = 0;
                for (int start = 0; start < d; start += Block)
                {
                    int count = Math.Min(Block, d - start);
                    long at = ((long)row * d) + start;
                    Terms(logP + at, logQ + at, p, terms, count);
                    sum += Simd.Sum(terms, count);
                }
                y[row] = (float)sum;
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }

    /// <summary>
    /// Work: (rows, seeds). Tensors logP, logQ, dy [seeds·rows], dLogP?, dLogQ?. Scalar: d. p and the terms are shared by all seeds.
    /// </summary>
    public static void Backward(KernelCall call)
    {
        float* logP = call.Float(0), logQ = call.Float(1), dy = call.Float(2), dLogP = call.Float(3), dLogQ = call.Float(4);
        int d = call.Scalars[0].Int;
        (int rows, int seeds) = (call.Work.X, call.Work.Y);
        Workers.For(rows, (from, to) =>
        {
            float* p = stackalloc float[Block], terms = stackalloc float[Block];
            for (int row = from; row < to; row++)
            {
                for (int start = 0; start < d; start += Block)
                {
                    int count = Math.Min(Block, d - start);
                    Terms(logP + ((long)row * d) + start, logQ + ((long)row * d) + start, p, terms, count);
                    Simd.Add(terms, p, terms, count);
                    for (int seed = 0; seed < seeds; seed++)
                    {
                        long seedRow = ((long)seed * rows) + row, at = (seedRow * d) + start;
                        if (dLogP != null)
                        {
                            Simd.Scale(terms, dy[seedRow], dLogP + at, count);
                        }
                        if (dLogQ != null)
                        {
                            Simd.Scale(p, -dy[seedRow], dLogQ + at, count);
                        }
                    }
                }
            }
        }, Math.Max(1, Grain / Math.Max(1, d * seeds)));
    }

    /// <summary>p = e^logP and p · (logP − logQ), which is 0 where p is: 0 · ∞ would be NaN.</summary>
    private static void Terms(float* logP, float* logQ, float* p, float* terms, int n)
    {
        Simd.ExpSum(logP, p, n, 0);
        int i = 0;
        for (; i <= n - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> v = Vector.Load(p + i), term = v * (Vector.Load(logP + i) - Vector.Load(logQ + i));
            Vector.ConditionalSelect(Vector.Equals(v, Vector<float>.Zero), v, term).Store(terms + i);
        }
        for (; i < n; i++)
        {
            terms[i] = p[i] == 0 ? 0 : p[i] * (logP[i] - logQ[i]);
        }
    }
}
