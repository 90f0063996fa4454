// z = softmax(q·kᵀ/√d)·v for 12 heads, 512 queries and keys, d = 64: first arithmetic, then where the pattern is kept.

using System.Numerics;
using Vitrine.Tensors;

namespace Vitrine.Bench.Ladders;

/// <summary>The ladder of attention.</summary>
internal static class AttentionLadder
{
    private const int Heads = 12;
    private const int Length = 512;
    private const int D = 64;
    private const int KeyBlock = 64; // 64 keys and values of 64 floats are 32 KiB: the first-level cache
    private static readonly float s_scale = 1 / MathF.Sqrt(D);

    public static Ladder Create()
    {
        int size = Heads * Length * D;
        float[] q = Ladder.Random(1, size), k = Ladder.Random(2, size), v = Ladder.Random(3, size), z = new float[size];
        Tensor Heads4(float[] values) => Tensor.From(values, [1, Heads, Length, D]).Permute(0, 2, 1, 3); // [batch, pos, head, d_head]
        (Tensor tq, Tensor tk, Tensor tv) = (Heads4(q), Heads4(k), Heads4(v));
        return new Ladder
        {
            Title = $"Attention, {Heads} heads, {Length} queries × {Length} keys, d_head {D}",
            Flops = 4.0 * Heads * Length * Length * D,
            Output = z,
            Expected = Exact(q, k, v, Length),
            Rungs =
            [
                new("textbook", "all scores, all softmaxes, all mixtures; the pattern of a head takes 1 MiB", () => Textbook(q, k, v, z)),
                new("vectors", "dot products and mixtures by vectors; "
                    + "one row of the pattern at a time", () => EachHead(q, k, v, z, RowOfPattern)),
                new("tiles", "64 keys at a time with a running maximum and sum: the pattern is never stored, and keys and values stay in "
                    + "cache for 4 queries (Rabe & Staats 2021; Dao et al. 2022)", () => EachHead(q, k, v, z, Tiled)),
                new("threads", "queries are dealt out to the processors", () => Threads(q, k, v, z)),
                Rung.Engine("tiles as products of matrices in registers (Ops/Attention)",
                    () => TensorOps.Attention(tq, tk, tv, null, false, s_scale).Permute(0, 2, 1, 3)),
            ],
        };
    }

    private delegate void Queries(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, Span<float> z);

    private static void Textbook(float[] q, float[] k, float[] v, float[] z)
    {
        float[] pattern = new float[Length * Length];
        for (int head = 0; head < Heads; head++)
        {
            int offset = head * Length * D;
            for (int i = 0; i < Length; i++)
            {
                for (int j = 0; j < Length; j++)
                {
                    float score = 0;
                    for (int c = 0; c < D; c++)
                    {
                        score += q[offset + (i * D) + c] * k[offset + (j * D) + c];
                    }
                    pattern[(i * Length) + j] = score * s_scale;
                }
            }
            for (int i = 0; i < Length; i++)
            {
                Span<float> row = pattern.AsSpan(i * Length, Length);
                float max = float.NegativeInfinity, sum = 0;
                foreach (float score in row)
                {
                    max = MathF.Max(max, score);
                }
                foreach (ref float score in row)
                {
                    score = MathF.Exp(score - max);
                    sum += score;
                }
                for (int c = 0; c < D; c++)
                {
                    float mixed = 0;
                    for (int j = 0; j < Length; j++)
                    {
                        mixed += row[j] * v[offset + (j * D) + c];
                    }
                    z[offset + (i * D) + c] = mixed / sum;
                }
            }
        }
    }

    private static void EachHead(float[] q, float[] k, float[] v, float[] z, Queries queries)
    {
        for (int head = 0; head < Heads; head++)
        {
            (int start, int size) = (head * Length * D, Length * D);
            queries(q.AsSpan(start, size), k.AsSpan(start, size), v.AsSpan(start, size), z.AsSpan(start, size));
        }
    }

    private static void RowOfPattern(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, Span<float> z)
    {
        Span<float> row = stackalloc float[Length];
        for (int i = 0; i < z.Length / D; i++)
        {
            float max = float.NegativeInfinity, sum = 0;
            for (int j = 0; j < Length; j++)
            {
                row[j] = Dot(q.Slice(i * D, D), k.Slice(j * D, D)) * s_scale;
                max = MathF.Max(max, row[j]);
            }
            Span<float> zi = z.Slice(i * D, D);
            zi.Clear();
            for (int j = 0; j < Length; j++)
            {
                float weight = MathF.Exp(row[j] - max);
                sum += weight;
                AddScaled(v.Slice(j * D, D), weight, zi);
            }
            Scale(zi, 1 / sum);
        }
    }

    private static void Tiled(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, Span<float> z)
    {
        const int Together = 4;
        Span<float> scores = stackalloc float[KeyBlock], max = stackalloc float[Together], sum = stackalloc float[Together];
        z.Clear();
        for (int i0 = 0; i0 < z.Length / D; i0 += Together)
        {
            max.Fill(float.NegativeInfinity);
            sum.Clear();
            for (int j0 = 0; j0 < Length; j0 += KeyBlock)
            {
                for (int i = 0; i < Together; i++)
                {
                    Span<float> zi = z.Slice((i0 + i) * D, D);
                    float highest = max[i];
                    for (int j = 0; j < KeyBlock; j++)
                    {
                        scores[j] = Dot(q.Slice((i0 + i) * D, D), k.Slice((j0 + j) * D, D)) * s_scale;
                        highest = MathF.Max(highest, scores[j]);
                    }
                    float shrink = MathF.Exp(max[i] - highest); // what was summed so far was relative to a lower maximum
                    Scale(zi, shrink);
                    (sum[i], max[i]) = (sum[i] * shrink, highest);
                    Exponentials(scores, highest, ref sum[i]);
                    for (int j = 0; j < KeyBlock; j++)
                    {
                        AddScaled(v.Slice((j0 + j) * D, D), scores[j], zi);
                    }
                }
            }
            for (int i = 0; i < Together; i++)
            {
                Scale(z.Slice((i0 + i) * D, D), 1 / sum[i]);
            }
        }
    }

    private static void Threads(float[] q, float[] k, float[] v, float[] z)
    {
        const int Queries = 64;
        Workers.For(Heads * Length / Queries, (from, to) =>
        {
            for (int block = from; block < to; block++)
            {
                int at = block * Queries * D, head = at / (Length * D) * Length * D;
                Tiled(q.AsSpan(at, Queries * D), k.AsSpan(head, Length * D), v.AsSpan(head, Length * D), z.AsSpan(at, Queries * D));
            }
        });
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sum = default;
        for (int c = 0; c < D; c += Vector<float>.Count)
        {
            sum = Vector.FusedMultiplyAdd(new Vector<float>(a[c..]), new Vector<float>(b[c..]), sum);
        }
        return Vector.Sum(sum);
    }

    private static void AddScaled(ReadOnlySpan<float> x, float factor, Span<float> sum)
    {
        var scale = new Vector<float>(factor);
        for (int c = 0; c < D; c += Vector<float>.Count)
        {
            Vector.FusedMultiplyAdd(scale, new Vector<float>(x[c..]), new Vector<float>(sum[c..])).CopyTo(sum[c..]);
        }
    }

    private static void Scale(Span<float> x, float factor)
    {
        for (int c = 0; c < D; c += Vector<float>.Count)
        {
            (new Vector<float>(x[c..]) * factor).CopyTo(x[c..]);
        }
    }

    private static void Exponentials(Span<float> scores, float max, ref float sum)
    {
        Vector<float> shift = new(max), total = default;
        for (int j = 0; j < KeyBlock; j += Vector<float>.Count)
        {
            Vector<float> e = Vector.Exp(new Vector<float>(scores[j..]) - shift);
            e.CopyTo(scores[j..]);
            total += e;
        }
        sum += Vector.Sum(total);
    }

    /// <summary>The answer in float64, for any number of heads of <paramref name="length"/> queries and keys.</summary>
    public static double[] Exact(float[] q, float[] k, float[] v, int length)
    {
        double[] z = new double[q.Length], weights = new double[length];
        for (int row = 0; row < q.Length / D; row++)
        {
            int head = row / length * length;
            for (int j = 0; j < length; j++)
            {
                weights[j] = 0;
                for (int c = 0; c < D; c++)
                {
                    weights[j] += (double)q[(row * D) + c] * k[((head + j) * D) + c];
                }
                weights[j] /= Math.Sqrt(D);
            }
            double max = weights.Max(), sum = 0;
            for (int j = 0; j < length; j++)
            {
                sum += weights[j] = Math.Exp(weights[j] - max);
            }
            for (int j = 0; j < length; j++)
            {
                for (int c = 0; c < D; c++)
                {
                    z[(row * D) + c] += weights[j] / sum * v[((head + j) * D) + c];
                }
            }
        }
        return z;
    }
}
