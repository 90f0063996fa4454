// The micro-kernel: a tile of C that lives in registers while k runs.
//
// Tile = R rows × 2 vectors of columns. Each step of k loads one row of the B panel (2 vectors) and R single values of the A
// panel, each spread over a vector: R·2 multiply-adds for R + 2 loads. The tile should fill the register file:
//   32 registers (AVX-512, ARM64): 12 × 2 = 24 sums + 2 of B + 1 of A. Measured per core, 185–195 GFLOP/s for 12×32, 14×32, 8×48
//     and 6×64 alike, so 12 it is: four divides it, and row counts of models are multiples of four.
//   16 registers (AVX2, SSE): 6 × 2 = 12 sums + 3 (4×24 and 5×16 tie, 8×8 loses).
// The JIT keeps all sums in registers, also through the generic parameters, which are constants to it: same speed as a kernel
// written out by hand. Unrolling k changed nothing.
// Read next: GemmBlocked.cs, which feeds this kernel.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Vitrine.Tensors;

/// <summary>A row count known to the JIT.</summary>
internal interface IRows
{
    static abstract int Count { get; }
}

internal readonly struct Rows2 : IRows { public static int Count => 2; }

internal readonly struct Rows4 : IRows { public static int Count => 4; }

internal readonly struct Rows6 : IRows { public static int Count => 6; }

internal readonly struct Rows8 : IRows { public static int Count => 8; }

internal readonly struct Rows12 : IRows { public static int Count => 12; }

internal static unsafe class GemmKernel<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    /// <summary>C tile = (add ? C : 0) + panelA · panelB + bias, over <typeparamref name="R"/> rows and 2·Lanes columns.</summary>
    /// <param name="k">Steps.</param>
    /// <param name="a">Packed panel [k, R].</param>
    /// <param name="b">Row of 2·Lanes values per step.</param>
    /// <param name="ldb">Elements between those rows: 2·Lanes when packed, the matrix's own stride when read in place.</param>
    /// <param name="c">Tile of C.</param>
    /// <param name="ldc">Elements between rows of C.</param>
    /// <param name="add">Whether the old C counts; if not, it is not read.</param>
    /// <param name="bias">2·Lanes values added to every row, or null.</param>
    /// <param name="ahead">What to fetch meanwhile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<R>(int k, float* a, float* b, long ldb, float* c, long ldc, bool add, float* bias, ref GemmPrefetch ahead)
        where R : struct, IRows
    {
        // C is needed at the end, when nothing is left that hides its way from memory: 3 % where C exceeds the cache.
        for (int i = 0; Sse.IsSupported && i < R.Count; i++)
        {
            Sse.Prefetch0(c + i * ldc);
            Sse.Prefetch0(c + i * ldc + S.Lanes);
        }

        GemmPrefetch next = ahead;
        V zero = S.Splat(0);
        V p0 = zero, p1 = zero, p2 = zero, p3 = zero, p4 = zero, p5 = zero, p6 = zero, p7 = zero, p8 = zero, p9 = zero, p10 = zero,
            p11 = zero;
        V q0 = zero, q1 = zero, q2 = zero, q3 = zero, q4 = zero, q5 = zero, q6 = zero, q7 = zero, q8 = zero, q9 = zero, q10 = zero,
            q11 = zero;
        for (float* end = a + (long)k * R.Count; a < end; a += R.Count, b += ldb)
        {
            next.Step();
            V p = S.Load(b), q = S.Load(b + S.Lanes), x;
            x = S.Splat(a[0]); p0 = S.MulAdd(x, p, p0); q0 = S.MulAdd(x, q, q0);
            x = S.Splat(a[1]); p1 = S.MulAdd(x, p, p1); q1 = S.MulAdd(x, q, q1);
            if (R.Count > 2)
            {
                x = S.Splat(a[2]); p2 = S.MulAdd(x, p, p2); q2 = S.MulAdd(x, q, q2);
                x = S.Splat(a[3]); p3 = S.MulAdd(x, p, p3); q3 = S.MulAdd(x, q, q3);
            }
            if (R.Count > 4)
            {
                x = S.Splat(a[4]); p4 = S.MulAdd(x, p, p4); q4 = S.MulAdd(x, q, q4);
                x = S.Splat(a[5]); p5 = S.MulAdd(x, p, p5); q5 = S.MulAdd(x, q, q5);
            }
            if (R.Count > 6)
            {
                x = S.Splat(a[6]); p6 = S.MulAdd(x, p, p6); q6 = S.MulAdd(x, q, q6);
                x = S.Splat(a[7]); p7 = S.MulAdd(x, p, p7); q7 = S.MulAdd(x, q, q7);
            }
            if (R.Count > 8)
            {
                x = S.Splat(a[8]); p8 = S.MulAdd(x, p, p8); q8 = S.MulAdd(x, q, q8);
                x = S.Splat(a[9]); p9 = S.MulAdd(x, p, p9); q9 = S.MulAdd(x, q, q9);
                x = S.Splat(a[10]); p10 = S.MulAdd(x, p, p10); q10 = S.MulAdd(x, q, q10);
                x = S.Splat(a[11]); p11 = S.MulAdd(x, p, p11); q11 = S.MulAdd(x, q, q11);
            }
        }

        ahead = next;
        V u = bias == null ? zero : S.Load(bias), v = bias == null ? zero : S.Load(bias + S.Lanes);
        Put(c, p0, q0, u, v, add);
        Put(c + ldc, p1, q1, u, v, add);
        if (R.Count > 2)
        {
            Put(c + 2 * ldc, p2, q2, u, v, add);
            Put(c + 3 * ldc, p3, q3, u, v, add);
        }
        if (R.Count > 4)
        {
            Put(c + 4 * ldc, p4, q4, u, v, add);
            Put(c + 5 * ldc, p5, q5, u, v, add);
        }
        if (R.Count > 6)
        {
            Put(c + 6 * ldc, p6, q6, u, v, add);
            Put(c + 7 * ldc, p7, q7, u, v, add);
        }
        if (R.Count > 8)
        {
            Put(c + 8 * ldc, p8, q8, u, v, add);
            Put(c + 9 * ldc, p9, q9, u, v, add);
            Put(c + 10 * ldc, p10, q10, u, v, add);
            Put(c + 11 * ldc, p11, q11, u, v, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, V p, V q, V biasP, V biasQ, bool add)
    {
        if (add)
        {
            p = S.Add(p, S.Load(c));
            q = S.Add(q, S.Load(c + S.Lanes));
        }
        S.Store(S.Add(p, biasP), c);
        S.Store(S.Add(q, biasQ), c + S.Lanes);
    }
}
