using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>
/// Unpacks 8-bit B into float panels [k, width], every stored row times its scale: what the micro-kernel reads is float32 as ever.
/// </summary>
internal static unsafe class GemmInt8<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    // Steps of k transposed at a time: one cache line of integers per row.
    private const int StepsAtOnce = 64;

    private const int WidestPanel = 2 * 16;

    /// <summary>panel[p, r] = op(B)[k0 + p, column + r].</summary>
    /// <param name="g">The product.</param>
    /// <param name="k0">First step.</param>
    /// <param name="column">First column.</param>
    /// <param name="panel">[k, width], followed by <see cref="GemmPack.Overrun"/> floats.</param>
    /// <param name="width">Two vectors; columns beyond the last of B hold anything finite.</param>
    /// <param name="k">Steps.</param>
    public static void Pack(in GemmProblem g, int k0, int column, float* panel, int width, int k)
    {
        int valid = Math.Min(width, g.N - column);
        if (g.TransB) Transpose(g.Int8 + ((long)column * g.Ldb) + k0, g.Ldb, g.RowScale + column, valid, panel, width, k);
        else Copy(g.Int8 + ((long)k0 * g.Ldb) + column, g.Ldb, g.RowScale + k0, valid, panel, width, k);
    }

    /// <summary>The walk over a part of B that is packed next: four integers take the place of a float.</summary>
    public static GemmPrefetch Ahead(in GemmProblem g, int k0, int column, int k, int columns, long steps)
    {
        (int row, int at, int rows, int length) = g.TransB ? (column, k0, columns, k) : (k0, column, k, columns);
        return GemmPrefetch.OverB((float*)(g.Int8 + ((long)row * g.Ldb) + at), rows, (length + 3) / 4, g.Ldb / 4, steps);
    }

    // k runs along the stored rows: four integers at a time are transposed as if they were one float, and taken apart afterwards. So the
    // shuffles, which bound a transposition, are a quarter of float32's. The last steps, and rows that do not begin at a multiple of four,
    // go one by one.
    [SkipLocalsInit]
    private static void Transpose(sbyte* source, long ld, float* scale, int valid, float* panel, int width, int k)
    {
        float* words = stackalloc float[WidestPanel * StepsAtOnce / 4], factors = stackalloc float[WidestPanel];
        for (int r = 0; r < width; r++) factors[r] = scale[Math.Min(r, valid - 1)];
        int whole = ld % 4 == 0 ? k & ~3 : 0;
        for (int from = 0; from < whole; from += StepsAtOnce)
        {
            int count = Math.Min(StepsAtOnce, whole - from) / 4;
            GemmPack.Transpose((float*)(source + from), ld / 4, valid, words, width, count);
            for (int r = 0; r < width; r += S.Lanes)
            {
                V factor = S.Load(factors + r), zero = S.Splat(0);
                float* to = panel + (from * width) + r;
                for (int p = 0; p < count; p++, to += 4 * width)
                {
                    V word = S.Load(words + (p * width) + r);
                    S.Store(S.MulAdd(S.Widen(word, 0), factor, zero), to);
                    S.Store(S.MulAdd(S.Widen(word, 1), factor, zero), to + width);
                    S.Store(S.MulAdd(S.Widen(word, 2), factor, zero), to + (2 * width));
                    S.Store(S.MulAdd(S.Widen(word, 3), factor, zero), to + (3 * width));
                }
            }
        }
        for (int p = whole; p < k; p++)
        {
            for (int r = 0; r < width; r++) panel[(p * width) + r] = source[(Math.Min(r, valid - 1) * ld) + p] * factors[r];
        }
    }

    // k runs across the stored rows.
    private static void Copy(sbyte* source, long ld, float* scale, int valid, float* panel, int width, int k)
    {
        for (int p = 0; p < k; p++, source += ld, panel += width)
        {
            Unpack(source, scale[p], panel, valid);
            for (int r = valid; r < width; r++) panel[r] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(sbyte* q, float scale, float* y, int n)
    {
        V factor = S.Splat(scale), zero = S.Splat(0);
        int i = 0;
        for (; i <= n - S.Lanes; i += S.Lanes) S.Store(S.MulAdd(S.Widen(q + i), factor, zero), y + i);
        for (; i < n; i++) y[i] = q[i] * scale;
    }
}
