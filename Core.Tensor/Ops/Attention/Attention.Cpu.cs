using System.Buffers;
using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>
/// CPU kernels of attention. A piece of work is one block of queries of one head (forward) or one key–value head (backward, so
/// that each gradient has one writer and a fixed order of summation). A block's pattern, <c>[QueryBlock, keys]</c>, lives in a scratch
/// buffer that fits the second-level cache up to some thousand keys.
/// </summary>
internal static unsafe class AttentionCpu
{
    private const int QueryBlock = 64;

    /// <summary>Work (queries, heads, batch); tensors q, k, v, mask?, z, log-sum [batch, head, query].</summary>
    public static void Forward(KernelCall call)
    {
        var g = new Geometry(call);
        float* z = call.Float(4), logSum = call.Float(5);
        int blocks = (g.Queries + QueryBlock - 1) / QueryBlock;
        Workers.For(g.Batch * g.Heads * blocks, (from, to) =>
        {
            float[] scratch = ArrayPool<float>.Shared.Rent(QueryBlock * g.Keys);
            fixed (float* pattern = scratch)
            {
                for (int item = from; item < to; item++)
                {
                    (int head, int block) = Math.DivRem(item, blocks);
                    (int b, int h) = Math.DivRem(head, g.Heads);
                    int first = block * QueryBlock, rows = Math.Min(QueryBlock, g.Queries - first), keys = g.VisibleKeys(first + rows - 1);
                    Scores(g, b, h, first, rows, keys, pattern);
                    for (int i = 0; i < rows; i++)
                    {
                        int visible = g.VisibleKeys(first + i);
                        float* row = pattern + ((long)i * keys);
                        logSum[(((long)b * g.Heads) + h) * g.Queries + first + i] = Softmax(row, visible);
                        new Span<float>(row + visible, keys - visible).Clear();
                    }
                    Gemm.RunSingle(false, false, rows, g.Width, keys, 1, pattern, keys, g.V(b, h), g.VRow, 0,
                        z + ((((long)b * g.Queries) + first) * g.Heads + h) * g.Width, g.Heads * g.Width, null);
                }
            }
            ArrayPool<float>.Shared.Return(scratch);
        });
    }

    /// <summary>
    /// With P the pattern and dP = dZ·Vᵀ: dV = Pᵀ·dZ, dS = P ∘ (dP − rowsum(P ∘ dP)) · scale, dQ = dS·K, dK = dSᵀ·Q.
    /// Tensors q, k, v, mask?, log-sum, dz [seeds, …], dq?, dk?, dv? (dk, dv start at zero); the last scalar is the number of seeds.
    /// </summary>
    public static void Backward(KernelCall call)
    {
        var g = new Geometry(call);
        float* logSum = call.Float(4), dz = call.Float(5), dq = call.Float(6), dk = call.Float(7), dv = call.Float(8);
        int seeds = call.Scalars[^1].Int, group = g.Heads / g.KvHeads;
        long qSize = (long)g.Batch * g.Queries * g.Heads * g.Width, kSize = (long)g.Batch * g.Keys * g.KvHeads * g.Width;
        int qRow = g.Heads * g.Width, kRow = g.KvHeads * g.Width; // row strides of the gradients, which are contiguous
        Workers.For(g.Batch * g.KvHeads, (from, to) =>
        {
            float[] scratch = ArrayPool<float>.Shared.Rent(2 * QueryBlock * g.Keys);
            fixed (float* pattern = scratch)
            {
                float* dScores = pattern + (QueryBlock * g.Keys);
                for (int item = from; item < to; item++)
                {
                    (int b, int kvHead) = Math.DivRem(item, g.KvHeads);
                    for (int h = kvHead * group; h < (kvHead + 1) * group; h++)
                    {
                        for (int first = 0; first < g.Queries; first += QueryBlock)
                        {
                            int rows = Math.Min(QueryBlock, g.Queries - first), keys = g.VisibleKeys(first + rows - 1);
                            bool recomputed = false;
                            for (int seed = 0; seed < seeds; seed++)
                            {
                                long qOffset = (seed * qSize) + (((((long)b * g.Queries) + first) * g.Heads + h) * g.Width);
                                long kOffset = (seed * kSize) + ((((long)b * g.Keys * g.KvHeads) + kvHead) * g.Width);
                                // Rows of zeros give zeros: a seed often concerns one position, or those before it.
                                (int start, int count) = NonZeroRows(dz + qOffset, qRow, rows, g.Width);
                                if (dq != null && count < rows)
                                {
                                    ClearRows(dq + qOffset, qRow, rows, g.Width);
                                }
                                if (count == 0)
                                {
                                    continue;
                                }
                                if (!recomputed)
                                {
                                    Pattern(g, b, h, first, rows, keys, pattern, logSum);
                                    recomputed = true;
                                }
                                float* dzRows = dz + qOffset + ((long)start * qRow), p = pattern + ((long)start * keys);
                                if (dv != null)
                                {
                                    Gemm.RunSingle(true, false, keys, g.Width, count, 1, p, keys, dzRows, qRow, 1, dv + kOffset, kRow,
                                        null);
                                }
                                if (dq == null && dk == null)
                                {
                                    continue;
                                }
                                Gemm.RunSingle(false, true, count, keys, g.Width, 1, dzRows, qRow, g.V(b, h), g.VRow, 0, dScores, keys,
                                    null);
                                for (int i = 0; i < count; i++)
                                {
                                    SoftmaxBackward(p + ((long)i * keys), dScores + ((long)i * keys), keys, g.Scale);
                                }
                                if (dq != null)
                                {
                                    Gemm.RunSingle(false, false, count, g.Width, keys, 1, dScores, keys, g.K(b, h), g.KRow, 0,
                                        dq + qOffset + ((long)start * qRow), qRow, null);
                                }
                                if (dk != null)
                                {
                                    Gemm.RunSingle(true, false, keys, g.Width, count, 1, dScores, keys, g.Q(b, h, first + start), g.QRow, 1,
                                        dk + kOffset, kRow, null);
                                }
                            }
                        }
                    }
                }
            }
            ArrayPool<float>.Shared.Return(scratch);
        });
    }

    /// <summary>scale · q·kᵀ + mask for one block of queries, <c>[rows, keys]</c>.</summary>
    private static void Scores(Geometry g, int b, int h, int first, int rows, int keys, float* scores)
    {
        Gemm.RunSingle(false, true, rows, keys, g.Width, g.Scale, g.Q(b, h, first), g.QRow, g.K(b, h), g.KRow, 0, scores, keys, null);
        if (g.Mask == null)
        {
            return;
        }
        for (int i = 0; i < rows; i++)
        {
            float* mask = g.Mask + ((long)b * g.MaskBatch) + ((long)h * g.MaskHead) + ((long)(first + i) * g.MaskQuery),
                row = scores + ((long)i * keys);
            for (int j = 0; j < keys; j++)
            {
                row[j] += mask[(long)j * g.MaskKey];
            }
        }
    }

    /// <summary>The pattern of a block from its scores and the log-sums that forward kept: p = exp(score − log-sum).</summary>
    private static void Pattern(Geometry g, int b, int h, int first, int rows, int keys, float* pattern, float* logSum)
    {
        Scores(g, b, h, first, rows, keys, pattern);
        for (int i = 0; i < rows; i++)
        {
            float* row = pattern + ((long)i * keys);
            float sum = logSum[(((long)b * g.Heads) + h) * g.Queries + first + i];
            int visible = float.IsNegativeInfinity(sum) ? 0 : g.VisibleKeys(first + i);
            Simd.ExpSum(row, row, visible, sum);
            new Span<float>(row + visible, keys - visible).Clear();
        }
    }

    /// <summary>Softmax of one row in place; returns log Σ exp. The maximum is subtracted first: exp overflows above 88.</summary>
    private static float Softmax(float* row, int n)
    {
        float max = Simd.Max(row, n);
        if (float.IsNegativeInfinity(max))
        {
            new Span<float>(row, n).Clear(); // every key hidden: this query attends to nothing
            return max;
        }
        double sum = Simd.ExpSum(row, row, n, max);
        Simd.Scale(row, (float)(1 / sum), row, n);
        return max + (float)Math.Log(sum);
    }

    /// <summary>dS = P ∘ (dP − Σ P∘dP) · scale, in place of dP.</summary>
    private static void SoftmaxBackward(float* p, float* dp, int n, float scale)
    {
        float dot = (float)Simd.Dot(p, dp, n);
        Vector<float> d = new(dot), s = new(scale);
        int j = 0;
        for (; j <= n - Vector<float>.Count; j += Vector<float>.Count)
        {
            (Vector.Load(p + j) * (Vector.Load(dp + j) - d) * s).Store(dp + j);
        }
        for (; j < n; j++)
        {
            dp[j] = p[j] * (dp[j] - dot) * scale;
        }
    }

    private static (int Start, int Count) NonZeroRows(float* x, int stride, int rows, int width)
    {
        int first = -1, last = -1;
        for (int i = 0; i < rows; i++)
        {
            if (new ReadOnlySpan<float>(x + ((long)i * stride), width).ContainsAnyExcept(0f))
            {
                (first, last) = (first < 0 ? i : first, i);
            }
        }
        return first < 0 ? (0, 0) : (first, last - first + 1);
    }

    private static void ClearRows(float* x, int stride, int rows, int width)
    {
        for (int i = 0; i < rows; i++)
        {
            new Span<float>(x + ((long)i * stride), width).Clear();
        }
    }

    /// <summary>Sizes and strides of one call, read from its scalars in the order in which the op wrote them.</summary>
    private readonly struct Geometry(KernelCall call)
    {
        private readonly float* _q = call.Float(0), _k = call.Float(1), _v = call.Float(2);
        private readonly Scalar[] _s = call.Scalars;

        public readonly int Queries = call.Work.X, Heads = call.Work.Y, Batch = call.Work.Z;
        public readonly int Keys = call.Scalars[0].Int, KvHeads = call.Scalars[1].Int, Width = call.Scalars[2].Int;
        public readonly bool Causal = call.Scalars[3].Int != 0;
        public readonly float Scale = call.Scalars[4].Float;
        public readonly int QRow = call.Scalars[6].Int, KRow = call.Scalars[9].Int, VRow = call.Scalars[12].Int;
        public readonly float* Mask = call.Float(3);
        public readonly int MaskBatch = call.Scalars[14].Int, MaskHead = call.Scalars[15].Int, MaskQuery = call.Scalars[16].Int,
            MaskKey = call.Scalars[17].Int;

        public int VisibleKeys(int query) => Causal ? Math.Min(Keys, query + 1 + Keys - Queries) : Keys;

        public float* Q(int b, int h, int query) => _q + ((long)b * _s[5].Int) + ((long)query * QRow) + ((long)h * _s[7].Int);

        public float* K(int b, int h) => _k + ((long)b * _s[8].Int) + ((long)(h * KvHeads / Heads) * _s[10].Int);

        public float* V(int b, int h) => _v + ((long)b * _s[11].Int) + ((long)(h * KvHeads / Heads) * _s[13].Int);
    }
}
