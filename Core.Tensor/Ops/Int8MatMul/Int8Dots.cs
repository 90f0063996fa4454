// A few rows of activations times integer weights: the shape of decoding. Memory sets the speed, and the weights are a quarter of float32's
// bytes.
//
//     for four rows of W, a quarter of the thread's share apart
//       for four rows of X at a time (or for one)      X stays in the first-level cache, and so do these rows of W
//         for each vector of k: widen 4 × integers, multiply with 4 × X, add to 16 sums in registers
//       times scale, plus bias
//
// So each of the four is one stream through memory that goes on where its last row ended. Four neighbouring rows would jump at every
// row's end, share pages with each other and lose the hardware's prefetcher: a fifth slower. Asking ahead doubles the speed beyond the
// cache.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vitrine.Tensors;

internal static unsafe class Int8Dots<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    private const int Tile = 4; // rows of W, and of X where there are so many
    private const int Ahead = 2048; // bytes

    // Multiply–adds below which one thread is faster than waking a second.
    private const long ParallelWork = 300_000;

    /// <summary>Runs the product with W transposed; m, n and k are at least 1.</summary>
    public static void Run(GemmProblem g)
    {
        int groups = ((g.N - 1) / Tile) + 1;
        if ((long)g.M * g.N * g.K < ParallelWork) Groups(g, 0, groups);
        else Workers.For(groups, (from, to) => Groups(g, from, to), 8);
    }

    private static void Groups(in GemmProblem g, int from, int to)
    {
        float* sums = stackalloc float[Tile * Tile];
        int* row = stackalloc int[Tile];
        sbyte** w = stackalloc sbyte*[Tile];
        for (int group = from; group < to; group++)
        {
            for (int j = 0; j < Tile; j++)
            {
                // Rows that do not exist, of W here and of X below, repeat the last: a sum's bits do not depend on its neighbours.
                row[j] = Math.Min((from * Tile) + (j * (to - from)) + (group - from), g.N - 1);
                w[j] = g.Int8 + ((long)row[j] * g.Ldb);
            }
            for (int i = 0; i < g.M;)
            {
                float* x = g.A + ((long)i * g.Lda);
                int rows = g.M - i == 1 || !Gemm.ManyRegisters ? 1 : Math.Min(Tile, g.M - i);
                if (rows == 1) One(x, w[0], w[1], w[2], w[3], g.K, sums);
                else Four(x, g.Lda, rows - 1, w[0], w[1], w[2], w[3], g.K, sums);
                for (int r = 0; r < rows; r++, i++)
                {
                    for (int j = 0; j < Tile; j++)
                    {
                        float y = g.RowScale[row[j]] * sums[(r * Tile) + j];
                        g.C[((long)i * g.Ldc) + row[j]] = g.Bias == null ? y : y + g.Bias[row[j]];
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* x, sbyte* w0, sbyte* w1, sbyte* w2, sbyte* w3, int k, float* sums)
    {
        V s0 = S.Splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
        int p = 0;
        for (; p <= k - (4 * S.Lanes); p += 4 * S.Lanes)
        {
            Prefetch(w0 + p);
            Prefetch(w1 + p);
            Prefetch(w2 + p);
            Prefetch(w3 + p);
            for (int q = p; q < p + (4 * S.Lanes); q += 2 * S.Lanes)
            {
                V a = S.Load(x + q), b = S.Load(x + q + S.Lanes);
                s0 = S.MulAdd(a, S.Widen(w0 + q), s0); t0 = S.MulAdd(b, S.Widen(w0 + q + S.Lanes), t0);
                s1 = S.MulAdd(a, S.Widen(w1 + q), s1); t1 = S.MulAdd(b, S.Widen(w1 + q + S.Lanes), t1);
                s2 = S.MulAdd(a, S.Widen(w2 + q), s2); t2 = S.MulAdd(b, S.Widen(w2 + q + S.Lanes), t2);
                s3 = S.MulAdd(a, S.Widen(w3 + q), s3); t3 = S.MulAdd(b, S.Widen(w3 + q + S.Lanes), t3);
            }
        }
        for (; p <= k - S.Lanes; p += S.Lanes)
        {
            V a = S.Load(x + p);
            s0 = S.MulAdd(a, S.Widen(w0 + p), s0);
            s1 = S.MulAdd(a, S.Widen(w1 + p), s1);
            s2 = S.MulAdd(a, S.Widen(w2 + p), s2);
            s3 = S.MulAdd(a, S.Widen(w3 + p), s3);
        }
        S.Sums(S.Add(s0, t0), S.Add(s1, t1), S.Add(s2, t2), S.Add(s3, t3)).Store(sums);
        for (; p < k; p++)
        {
            sums[0] = float.MultiplyAddEstimate(x[p], w0[p], sums[0]);
            sums[1] = float.MultiplyAddEstimate(x[p], w1[p], sums[1]);
            sums[2] = float.MultiplyAddEstimate(x[p], w2[p], sums[2]);
            sums[3] = float.MultiplyAddEstimate(x[p], w3[p], sums[3]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(float* x, long ldx, int lastX, sbyte* w0, sbyte* w1, sbyte* w2, sbyte* w3, int k, float* sums)
    {
        float* x0 = x, x1 = x + (Math.Min(1, lastX) * ldx), x2 = x + (Math.Min(2, lastX) * ldx), x3 = x + (Math.Min(3, lastX) * ldx);
        V zero = S.Splat(0);
        V s00 = zero, s01 = zero, s02 = zero, s03 = zero, s10 = zero, s11 = zero, s12 = zero, s13 = zero;
        V s20 = zero, s21 = zero, s22 = zero, s23 = zero, s30 = zero, s31 = zero, s32 = zero, s33 = zero;
        int p = 0;
        for (; p <= k - S.Lanes; p += S.Lanes)
        {
            Prefetch(w0 + p);
            Prefetch(w1 + p);
            Prefetch(w2 + p);
            Prefetch(w3 + p);
            V a = S.Widen(w0 + p), b = S.Widen(w1 + p), c = S.Widen(w2 + p), d = S.Widen(w3 + p), v = S.Load(x0 + p);
            s00 = S.MulAdd(v, a, s00); s01 = S.MulAdd(v, b, s01); s02 = S.MulAdd(v, c, s02); s03 = S.MulAdd(v, d, s03);
            v = S.Load(x1 + p);
            s10 = S.MulAdd(v, a, s10); s11 = S.MulAdd(v, b, s11); s12 = S.MulAdd(v, c, s12); s13 = S.MulAdd(v, d, s13);
            v = S.Load(x2 + p);
            s20 = S.MulAdd(v, a, s20); s21 = S.MulAdd(v, b, s21); s22 = S.MulAdd(v, c, s22); s23 = S.MulAdd(v, d, s23);
            v = S.Load(x3 + p);
            s30 = S.MulAdd(v, a, s30); s31 = S.MulAdd(v, b, s31); s32 = S.MulAdd(v, c, s32); s33 = S.MulAdd(v, d, s33);
        }
        sums[0] = Finish(s00, x0, w0, p, k); sums[1] = Finish(s01, x0, w1, p, k); sums[2] = Finish(s02, x0, w2, p, k);
        sums[3] = Finish(s03, x0, w3, p, k);
        sums[4] = Finish(s10, x1, w0, p, k); sums[5] = Finish(s11, x1, w1, p, k); sums[6] = Finish(s12, x1, w2, p, k);
        sums[7] = Finish(s13, x1, w3, p, k);
        sums[8] = Finish(s20, x2, w0, p, k); sums[9] = Finish(s21, x2, w1, p, k); sums[10] = Finish(s22, x2, w2, p, k);
        sums[11] = Finish(s23, x2, w3, p, k);
        sums[12] = Finish(s30, x3, w0, p, k); sums[13] = Finish(s31, x3, w1, p, k); sums[14] = Finish(s32, x3, w2, p, k);
        sums[15] = Finish(s33, x3, w3, p, k);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish(V lanes, float* x, sbyte* w, int p, int k)
    {
        float sum = S.Sum(lanes);
        for (; p < k; p++) sum = float.MultiplyAddEstimate(x[p], w[p], sum);
        return sum;
    }

    // An address beyond the weights is no error: the request is dropped.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(sbyte* at)
    {
        if (Sse.IsSupported) Sse.Prefetch0(at + Ahead);
    }
}
