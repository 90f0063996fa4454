using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>Unpacks 8-bit B into float panels [k, width], every stored row times its scale: what the micro-kernel reads is float32 as ever.</summary>
internal static unsafe class GemmInt8<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    // Steps of k unpacked before they are transposed: one cache line of integers per row, and 8 KiB of floats for 32 rows.
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

    // k runs along the stored rows.
    [SkipLocalsInit]
    private static void Transpose(sbyte* source, long ld, float* scale, int valid, float* panel, int width, int k)
    {
        float* rows = stackalloc float[WidestPanel * StepsAtOnce];
        for (int from = 0; from < k; from += StepsAtOnce)
        {
            int count = Math.Min(StepsAtOnce, k - from);
            for (int r = 0; r < valid; r++)
            {
                Unpack(source + (r * ld) + from, scale[r], rows + (r * StepsAtOnce), count);
            }
            GemmPack.Transpose(rows, StepsAtOnce, valid, panel + ((long)from * width), width, count);
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
