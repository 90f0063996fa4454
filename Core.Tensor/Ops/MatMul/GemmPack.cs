using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vitrine.Tensors;

/// <summary>
/// Copies slices of A and B into panels [k, width] whose rows the micro-kernel reads one after the other: each cache line is used
/// whole, no two rows fall into the same cache set, and edges are padded so that the kernel needs no bounds.
/// Vector stores may run up to <see cref="Overrun"/> floats past a panel's end: panels are laid out with that gap.
/// </summary>
internal static unsafe class GemmPack
{
    /// <summary>Floats after a panel that a packing store may overwrite. It also keeps panels from sharing their cache sets.</summary>
    public const int Overrun = 16;

    // Steps transposed at a time: four cache lines of each row; 16 is slower by a tenth, all of k by a third once k is long.
    private const int StepsAtOnce = 64;

    /// <summary>panel[p, r] = source[p, r]: the packed axis is contiguous in memory (A transposed, B plain).</summary>
    /// <param name="source">First element.</param>
    /// <param name="ld">Elements between steps of k.</param>
    /// <param name="valid">Columns that exist, at least 1; the rest of <paramref name="width"/> is set to zero.</param>
    /// <param name="panel">[k, width].</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="k">Steps.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy<S, V>(float* source, long ld, int valid, float* panel, int width, int k)
        where S : struct, ISimd<V>
        where V : struct
    {
        if (valid == 2 * S.Lanes && width == valid)
        {
            for (int p = 0; p < k; p++, source += ld, panel += 2 * S.Lanes)
            {
                S.Store(S.Load(source), panel);
                S.Store(S.Load(source + S.Lanes), panel + S.Lanes);
            }
            return;
        }
        for (int p = 0; p < k; p++, source += ld, panel += width)
        {
            int r = 0;
            for (; r + 8 <= valid; r += 8) Vector256.Load(source + r).Store(panel + r);
            if (r + 4 <= valid)
            {
                Vector128.Load(source + r).Store(panel + r);
                r += 4;
            }
            for (; r < valid; r++) panel[r] = source[r];
            for (; r < width; r++) panel[r] = 0;
        }
    }

    /// <summary>panel[p, r] = source[r, p]: k is contiguous in memory (A plain, B transposed).</summary>
    /// <param name="source">First element.</param>
    /// <param name="ld">Elements between the rows r.</param>
    /// <param name="valid">Rows that exist, at least 1; the rest of <paramref name="width"/> repeats the last.</param>
    /// <param name="panel">[k, width].</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="k">Steps.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, long ld, int valid, float* panel, int width, int k)
    {
        int blocked = Avx.IsSupported ? k & ~3 : 0;
        for (int from = 0; from < blocked; from += StepsAtOnce)
        {
            // Eight rows at a time. Where width is no multiple of 8 the last eight reach past their row, into the start of the
            // next step: they go first and steps go upwards, so that what belongs there is written afterwards.
            for (int r = (width - 1) & ~7; r >= 0; r -= 8)
            {
                TransposeRows(source + from, ld, r, valid - 1, panel + from * width + r, width, Math.Min(StepsAtOnce, blocked - from));
            }
        }
        for (int p = blocked; p < k; p++)
        {
            for (int r = 0; r < width; r++) panel[p * width + r] = source[Math.Min(r, valid - 1) * ld + p];
        }
    }

    /// <summary>panel *= alpha.</summary>
    public static void Scale(float* panel, int length, float alpha)
    {
        for (int i = 0; i < length; i++) panel[i] *= alpha;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeRows(float* source, long ld, int row, int last, float* to, int width, int k)
    {
        float* s0 = source + Math.Min(row, last) * ld, s1 = source + Math.Min(row + 1, last) * ld;
        float* s2 = source + Math.Min(row + 2, last) * ld, s3 = source + Math.Min(row + 3, last) * ld;
        float* s4 = source + Math.Min(row + 4, last) * ld, s5 = source + Math.Min(row + 5, last) * ld;
        float* s6 = source + Math.Min(row + 6, last) * ld, s7 = source + Math.Min(row + 7, last) * ld;
        for (int p = 0; p < k; p += 4, to += 4 * width)
        {
            // Rows i and i + 4 share a register from the start: the upper half comes by an insert from memory, which needs no
            // shuffle unit. That leaves 8 shuffles for 32 values, and shuffles are what bounds a transposition.
            Vector256<float> a = Pair(s0 + p, s4 + p), b = Pair(s1 + p, s5 + p), c = Pair(s2 + p, s6 + p), d = Pair(s3 + p, s7 + p);
            Vector256<float> ab01 = Avx.UnpackLow(a, b), ab23 = Avx.UnpackHigh(a, b);
            Vector256<float> cd01 = Avx.UnpackLow(c, d), cd23 = Avx.UnpackHigh(c, d);
            Avx.Shuffle(ab01, cd01, 0x44).Store(to);
            Avx.Shuffle(ab01, cd01, 0xEE).Store(to + width);
            Avx.Shuffle(ab23, cd23, 0x44).Store(to + 2 * width);
            Avx.Shuffle(ab23, cd23, 0xEE).Store(to + 3 * width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair(float* low, float* high) => Vector256.Create(Vector128.Load(low), Vector128.Load(high));
}
