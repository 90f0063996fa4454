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

    /// <summary>panel[p, r] = source[p, r]: the packed axis is contiguous in memory (A transposed, B plain).</summary>
    /// <param name="source">First element.</param>
    /// <param name="ld">Elements between steps of k.</param>
    /// <param name="valid">Columns that exist, at least 1; the rest of <paramref name="width"/> is set to zero.</param>
    /// <param name="panel">[k, width].</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="k">Steps.</param>
    public static void Copy(float* source, long ld, int valid, float* panel, int width, int k)
    {
        for (int p = 0; p < k; p++, source += ld, panel += width)
        {
            int r = 0;
            for (; r + 16 <= valid; r += 16) Vector512.Load(source + r).Store(panel + r);
            if (r + 8 <= valid)
            {
                Vector256.Load(source + r).Store(panel + r);
                r += 8;
            }
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
        int p = 0;
        if (Avx.IsSupported)
        {
            // Blocks of 8 × 8. Where width is not a multiple of 8 a block writes past its rows, into the start of later steps:
            // the last block goes first and steps go upwards, so that what belongs there is written afterwards.
            for (; p + 8 <= k; p += 8)
            {
                for (int r = (width - 1) & ~7; r >= 0; r -= 8) Transpose8x8(source + p, ld, r, valid - 1, panel + p * width + r, width);
            }
        }
        for (; p < k; p++)
        {
            for (int r = 0; r < width; r++) panel[p * width + r] = source[Math.Min(r, valid - 1) * ld + p];
        }
    }

    /// <summary>panel *= alpha.</summary>
    public static void Scale(float* panel, int length, float alpha)
    {
        int i = 0;
        for (; i + 16 <= length; i += 16) (Vector512.Load(panel + i) * alpha).Store(panel + i);
        for (; i < length; i++) panel[i] *= alpha;
    }

    // Rows r and r + 4 share a register from the start: the second half comes by an insert from memory, which needs no shuffle
    // unit. That leaves 16 shuffles for 64 values, half of the textbook network; shuffles are what bounds a transposition.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8x8(float* source, long ld, int row, int last, float* to, int width)
    {
        float* s0 = source + Math.Min(row, last) * ld, s1 = source + Math.Min(row + 1, last) * ld;
        float* s2 = source + Math.Min(row + 2, last) * ld, s3 = source + Math.Min(row + 3, last) * ld;
        float* s4 = source + Math.Min(row + 4, last) * ld, s5 = source + Math.Min(row + 5, last) * ld;
        float* s6 = source + Math.Min(row + 6, last) * ld, s7 = source + Math.Min(row + 7, last) * ld;
        Half(s0, s1, s2, s3, s4, s5, s6, s7, to, width);
        Half(s0 + 4, s1 + 4, s2 + 4, s3 + 4, s4 + 4, s5 + 4, s6 + 4, s7 + 4, to + 4 * width, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(float* s0, float* s1, float* s2, float* s3, float* s4, float* s5, float* s6, float* s7, float* to, int width)
    {
        Vector256<float> a = Vector256.Create(Vector128.Load(s0), Vector128.Load(s4)), b = Vector256.Create(Vector128.Load(s1), Vector128.Load(s5));
        Vector256<float> c = Vector256.Create(Vector128.Load(s2), Vector128.Load(s6)), d = Vector256.Create(Vector128.Load(s3), Vector128.Load(s7));
        Vector256<float> ab01 = Avx.UnpackLow(a, b), ab23 = Avx.UnpackHigh(a, b), cd01 = Avx.UnpackLow(c, d), cd23 = Avx.UnpackHigh(c, d);
        Avx.Shuffle(ab01, cd01, 0x44).Store(to);
        Avx.Shuffle(ab01, cd01, 0xEE).Store(to + width);
        Avx.Shuffle(ab23, cd23, 0x44).Store(to + 2 * width);
        Avx.Shuffle(ab23, cd23, 0xEE).Store(to + 3 * width);
    }
}
