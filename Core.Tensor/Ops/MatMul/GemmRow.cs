// One row times a matrix: the shape of decoding, one token at a time.
// Every value of B is used once, so nothing is packed and memory sets the speed. B is read in the order in which it is stored:
//   B stored [n, k]: four dot products at a time, along four rows of B;
//   B stored [k, n]: eight rows of B at a time are added, scaled, to the row of C, which stays in the first-level
//     cache. Summing the eight first also keeps the rounding error of long sums down.

using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

internal static unsafe class GemmRow<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    // Columns of C worked on at once when B is stored [k, n]: 16 KiB.
    private const int CacheColumns = 4096;

    // Fewest columns worth a thread's while.
    private const int Grain = 64;

    /// <summary>Runs the product; m is 1, n and k are at least 1.</summary>
    public static void Run(in GemmProblem problem, bool parallel)
    {
        GemmProblem g = problem;
        float* x = GemmBuffer.ForA(g.K);
        long step = g.TransA ? g.Lda : 1;
        for (int p = 0; p < g.K; p++) x[p] = g.Alpha * g.A[p * step];
        g.A = x;
        if (parallel) RunParallel(g);
        else Columns(g, 0, g.N);
    }

    private static void RunParallel(GemmProblem g) => Workers.For(g.N, (from, to) => Columns(g, from, to), Grain);

    private static void Columns(in GemmProblem g, int from, int to)
    {
        if (g.TransB) Dots(g, from, to);
        else
        {
            for (int j = from; j < to; j += CacheColumns) AddRows(g, j, Math.Min(j + CacheColumns, to));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots(in GemmProblem g, int from, int to)
    {
        int j = from;
        for (; j + 4 <= to; j += 4)
        {
            float* b0 = g.AddressOfB(0, j), b1 = b0 + g.Ldb, b2 = b1 + g.Ldb, b3 = b2 + g.Ldb;
            V s0 = S.Splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
            int p = 0;
            for (; p + 2 * S.Lanes <= g.K; p += 2 * S.Lanes)
            {
                V x = S.Load(g.A + p), y = S.Load(g.A + p + S.Lanes);
                s0 = S.MulAdd(x, S.Load(b0 + p), s0); t0 = S.MulAdd(y, S.Load(b0 + p + S.Lanes), t0);
                s1 = S.MulAdd(x, S.Load(b1 + p), s1); t1 = S.MulAdd(y, S.Load(b1 + p + S.Lanes), t1);
                s2 = S.MulAdd(x, S.Load(b2 + p), s2); t2 = S.MulAdd(y, S.Load(b2 + p + S.Lanes), t2);
                s3 = S.MulAdd(x, S.Load(b3 + p), s3); t3 = S.MulAdd(y, S.Load(b3 + p + S.Lanes), t3);
            }
            Finish(g, j, b0, p, S.Sum(S.Add(s0, t0)));
            Finish(g, j + 1, b1, p, S.Sum(S.Add(s1, t1)));
            Finish(g, j + 2, b2, p, S.Sum(S.Add(s2, t2)));
            Finish(g, j + 3, b3, p, S.Sum(S.Add(s3, t3)));
        }
        for (; j < to; j++)
        {
            // The same order of additions as above: a column's bits do not depend on how columns were dealt out.
            float* b = g.AddressOfB(0, j);
            V s = S.Splat(0), t = s;
            int p = 0;
            for (; p + 2 * S.Lanes <= g.K; p += 2 * S.Lanes)
            {
                s = S.MulAdd(S.Load(g.A + p), S.Load(b + p), s);
                t = S.MulAdd(S.Load(g.A + p + S.Lanes), S.Load(b + p + S.Lanes), t);
            }
            Finish(g, j, b, p, S.Sum(S.Add(s, t)));
        }
    }

    private static void Finish(in GemmProblem g, int j, float* b, int p, float sum)
    {
        for (; p < g.K; p++) sum = float.MultiplyAddEstimate(g.A[p], b[p], sum);
        if (g.Add) sum += g.C[j];
        g.C[j] = g.Bias == null ? sum : sum + g.Bias[j];
    }

    private static void AddRows(in GemmProblem g, int from, int to)
    {
        float* c = g.C + from;
        int n = to - from;
        for (int j = 0; j < n; j++) c[j] = (g.Add ? c[j] : 0) + (g.Bias == null ? 0 : g.Bias[from + j]);
        int p = 0;
        for (; p + 8 <= g.K; p += 8) AddEight(g.A + p, g.AddressOfB(p, from), g.Ldb, c, n);
        for (; p < g.K; p++)
        {
            float* b = g.AddressOfB(p, from);
            for (int j = 0; j < n; j++) c[j] = float.MultiplyAddEstimate(g.A[p], b[j], c[j]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddEight(float* x, float* b, long ldb, float* c, int n)
    {
        float* b1 = b + ldb, b2 = b1 + ldb, b3 = b2 + ldb, b4 = b3 + ldb, b5 = b4 + ldb, b6 = b5 + ldb, b7 = b6 + ldb;
        V zero = S.Splat(0), x0 = S.Splat(x[0]), x1 = S.Splat(x[1]), x2 = S.Splat(x[2]), x3 = S.Splat(x[3]);
        V x4 = S.Splat(x[4]), x5 = S.Splat(x[5]), x6 = S.Splat(x[6]), x7 = S.Splat(x[7]);
        int j = 0;
        for (; j + S.Lanes <= n; j += S.Lanes)
        {
            V s = S.MulAdd(x0, S.Load(b + j), zero), t = S.MulAdd(x4, S.Load(b4 + j), zero);
            s = S.MulAdd(x1, S.Load(b1 + j), s); t = S.MulAdd(x5, S.Load(b5 + j), t);
            s = S.MulAdd(x2, S.Load(b2 + j), s); t = S.MulAdd(x6, S.Load(b6 + j), t);
            s = S.MulAdd(x3, S.Load(b3 + j), s); t = S.MulAdd(x7, S.Load(b7 + j), t);
            S.Store(S.Add(S.Load(c + j), S.Add(s, t)), c + j);
        }
        for (; j < n; j++) // the same order of additions
        {
            float s = 0, t = 0;
            for (int i = 0; i < 4; i++)
            {
                s = float.MultiplyAddEstimate(x[i], b[i * ldb + j], s);
                t = float.MultiplyAddEstimate(x[i + 4], b4[i * ldb + j], t);
            }
            c[j] += s + t;
        }
    }
}
