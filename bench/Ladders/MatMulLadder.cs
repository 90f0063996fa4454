// C = A·B, 1024 × 1024 × 1024: bound by arithmetic, so every rung gives the multipliers more to do for each number that is fetched.

using System.Numerics;
using Vitrine.Tensors;

namespace Vitrine.Bench.Ladders;

/// <summary>The ladder of the matrix product.</summary>
internal static unsafe class MatMulLadder
{
    private const int N = 1024;
    private const int Block = 64;   // 64 × 64 floats are 16 KiB: a block of B stays in the first-level cache
    private const int TileRows = 4; // rows of C that share each vector of B

    public static Ladder Create()
    {
        float[] a = Ladder.Random(1, N * N), b = Ladder.Random(2, N * N), c = new float[N * N];
        Tensor ta = Tensor.From(a, [N, N]), tb = Tensor.From(b, [N, N]);
        return new Ladder
        {
            Title = $"Matrix product, {N} × {N} × {N}",
            Flops = 2.0 * N * N * N,
            Output = c,
            Expected = Exact(a, b, N),
            Rungs =
            [
                new("textbook", "three loops, one element of C at a time; B is read down its columns, a new cache line each step",
                    () => Textbook(a, b, c)),
                new("row order", "the two inner loops change places: B and C are read along their rows", () => RowOrder(a, b, c)),
                new("blocked", "a 64 × 64 block of B is used for all rows of A while it is in cache", () => Blocked(a, b, c)),
                new("vectors", "one instruction multiplies and adds a whole vector of a row", () => Vectors(a, b, c)),
                new("register tile", "4 rows × 2 vectors of C stay in registers while k runs: 8 multiply-adds for 6 loads, and C is stored "
                    + "once", () => RegisterTile(a, b, c, 0, N)),
                new("threads", "rows of tiles are dealt out to the processors", () => Threads(a, b, c)),
                Rung.Engine("a taller tile, panels packed in the order of reading, the next one fetched ahead (Ops/MatMul)",
                    () => ta.MatMul(tb)),
            ],
        };
    }

    private static void Textbook(float[] a, float[] b, float[] c)
    {
        for (int i = 0; i < N; i++)
        {
            for (int j = 0; j < N; j++)
            {
                float sum = 0;
                for (int k = 0; k < N; k++)
                {
                    sum += a[(i * N) + k] * b[(k * N) + j];
                }
                c[(i * N) + j] = sum;
            }
        }
    }

    private static void RowOrder(float[] a, float[] b, float[] c)
    {
        Array.Clear(c);
        for (int i = 0; i < N; i++)
        {
            for (int k = 0; k < N; k++)
            {
                float aik = a[(i * N) + k];
                for (int j = 0; j < N; j++)
                {
                    c[(i * N) + j] += aik * b[(k * N) + j];
                }
            }
        }
    }

    private static void Blocked(float[] a, float[] b, float[] c)
    {
        Array.Clear(c);
        for (int k0 = 0; k0 < N; k0 += Block)
        {
            for (int j0 = 0; j0 < N; j0 += Block)
            {
                for (int i = 0; i < N; i++)
                {
                    for (int k = k0; k < k0 + Block; k++)
                    {
                        float aik = a[(i * N) + k];
                        for (int j = j0; j < j0 + Block; j++)
                        {
                            c[(i * N) + j] += aik * b[(k * N) + j];
                        }
                    }
                }
            }
        }
    }

    private static void Vectors(float[] a, float[] b, float[] c)
    {
        Array.Clear(c);
        for (int i = 0; i < N; i++)
        {
            Span<float> row = c.AsSpan(i * N, N);
            for (int k = 0; k < N; k++)
            {
                var aik = new Vector<float>(a[(i * N) + k]);
                ReadOnlySpan<float> bRow = b.AsSpan(k * N, N);
                for (int j = 0; j < N; j += Vector<float>.Count)
                {
                    Vector.FusedMultiplyAdd(aik, new Vector<float>(bRow[j..]), new Vector<float>(row[j..])).CopyTo(row[j..]);
                }
            }
        }
    }

    private static void RegisterTile(float[] a, float[] b, float[] c, int from, int to)
    {
        int lanes = Vector<float>.Count;
        fixed (float* pa = a, pb = b, pc = c)
        {
            for (int i = from; i < to; i += TileRows)
            {
                for (int j = 0; j < N; j += 2 * lanes)
                {
                    Vector<float> p0 = default, p1 = default, p2 = default, p3 = default, q0 = default, q1 = default, q2 = default,
                        q3 = default;
                    float* ai = pa + (i * N), bj = pb + j;
                    for (int k = 0; k < N; k++, bj += N)
                    {
                        Vector<float> p = Vector.Load(bj), q = Vector.Load(bj + lanes), x;
                        x = new(ai[k]); p0 = Vector.FusedMultiplyAdd(x, p, p0); q0 = Vector.FusedMultiplyAdd(x, q, q0);
                        x = new(ai[N + k]); p1 = Vector.FusedMultiplyAdd(x, p, p1); q1 = Vector.FusedMultiplyAdd(x, q, q1);
                        x = new(ai[(2 * N) + k]); p2 = Vector.FusedMultiplyAdd(x, p, p2); q2 = Vector.FusedMultiplyAdd(x, q, q2);
                        x = new(ai[(3 * N) + k]); p3 = Vector.FusedMultiplyAdd(x, p, p3); q3 = Vector.FusedMultiplyAdd(x, q, q3);
                    }
                    float* ci = pc + (i * N) + j;
                    p0.Store(ci); q0.Store(ci + lanes);
                    p1.Store(ci + N); q1.Store(ci + N + lanes);
                    p2.Store(ci + (2 * N)); q2.Store(ci + (2 * N) + lanes);
                    p3.Store(ci + (3 * N)); q3.Store(ci + (3 * N) + lanes);
                }
            }
        }
    }

    private static void Threads(float[] a, float[] b, float[] c) =>
        Workers.For(N / TileRows, (from, to) => RegisterTile(a, b, c, from * TileRows, to * TileRows), grain: 8);

    /// <summary>A·B of n × n numbers in float64.</summary>
    public static double[] Exact(float[] a, float[] b, int n)
    {
        double[] c = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < n; k++)
            {
                for (int j = 0; j < n; j++)
                {
                    c[(i * n) + j] += (double)a[(i * n) + k] * b[(k * n) + j];
                }
            }
        }
        return c;
    }
}
