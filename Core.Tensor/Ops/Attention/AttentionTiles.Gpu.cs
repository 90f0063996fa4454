using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>Sizes and strides of attention, in the op's order; what follows the mask's strides is backward's.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AttentionSizes
{
    public int Keys, KvHeads, Width, Causal;
    public float Scale;
    public int QBatch, QRow, QHead, KBatch, KRow, KHead, VBatch, VRow, VHead, MaskBatch, MaskHead, MaskQuery, MaskKey;
    public int Heads, Batches, Queries, Seeds;

    /// <summary>Whether a query sees a key, and both exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Sees(int query, int key, int queries) =>
        query < queries && key < Keys && (Causal == 0 || key <= query + Keys - queries);

    /// <summary>One more than the last key that some query before <paramref name="end"/> sees.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int KeysBefore(int end, int queries)
    {
        int last = end < queries ? end : queries;
        return Causal != 0 && last + Keys - queries < Keys ? last + Keys - queries : Keys;
    }
}

/// <summary>Rows of a matrix from one of them on.</summary>
internal readonly struct Strip(int at, int stride, int first, int rows)
{
    /// <summary>Where row 0 begins.</summary>
    public readonly int At = at;

    /// <summary>Elements between rows.</summary>
    public readonly int Stride = stride;

    /// <summary>The first row.</summary>
    public readonly int First = first;

    /// <summary>How many rows there are; those beyond are 0.</summary>
    public readonly int Rows = rows;

    /// <summary>Where the first row begins.</summary>
    public int FirstAt => At + (First * Stride);
}

/// <summary>
/// A group's tile of attention: 16 rows of its own (queries, or keys in the gradients of keys and values) by 64 others. Item (i, j) of
/// 16 × 16 has row i and of the others j, j + 16, j + 32, j + 48: four numbers.
/// </summary>
internal static class AttentionTile
{
    /// <summary>Rows of the group's own.</summary>
    public const int Own = 16;

    /// <summary>Other rows of a tile.</summary>
    public const int Others = 64;

    /// <summary>Columns of a matrix that are in memory of the group at a time.</summary>
    public const int Piece = 32;

    /// <summary>From row to row of such a piece: not a multiple of the number of memory banks.</summary>
    public const int Pitch = Piece + 1;

    /// <summary>From row to row of a tile.</summary>
    public const int TilePitch = Others + 1;

    private const int Items = 256;

    /// <summary>The item's own row.</summary>
    public static int I => Group.IdxX / Own;

    /// <summary>The first of its others.</summary>
    public static int J => Group.IdxX % Own;

    /// <summary>own[i] · others[j, j + 16, j + 32, j + 48].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Dots(ArrayView<float> x, Strip own, ArrayView<float> y, Strip others, int width, ArrayView<float> left,
        ArrayView<float> right)
    {
        var dots = Floats4.Of(0);
        for (int from = 0; from < width; from += Piece)
        {
            Load(left, Own, x, own, from, width);
            Load(right, Others, y, others, from, width);
            Group.Barrier();
            int at = I * Pitch, to = J * Pitch;
            for (int c = 0; c < Piece; c++)
            {
                var r = Floats4.Of(right[to + c], right[to + (16 * Pitch) + c], right[to + (32 * Pitch) + c], right[to + (48 * Pitch) + c]);
                dots = Floats4.Fma(r, Floats4.Of(left[at + c]), dots);
            }
            Group.Barrier();
        }
        return dots;
    }

    /// <summary>Keeps the item's four numbers where its row's items find them; a barrier follows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Share(Floats4 v, ArrayView<float> tile)
    {
        int at = (I * TilePitch) + J;
        tile[at] = v.X.Value;
        tile[at + 16] = v.Y.Value;
        tile[at + 32] = v.Z.Value;
        tile[at + 48] = v.W.Value;
        Group.Barrier();
    }

    /// <summary>Rows of x, columns from … from + 31, to memory of the group; 0 outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ArrayView<float> piece, int count, ArrayView<float> x, Strip strip, int from, int width)
    {
        int c = Group.IdxX % Piece;
        for (int r = Group.IdxX / Piece; r < count; r += Items / Piece)
        {
            bool inside = strip.First + r < strip.Rows && from + c < width;
            piece[(r * Pitch) + c] = inside ? x[strip.At + ((strip.First + r) * strip.Stride) + from + c] : 0;
        }
    }
}

/// <summary>An item's sums: of its row, columns j, j + 16, j + 32, … in registers.</summary>
internal interface IColumns<TSelf> where TSelf : struct
{
    /// <summary>Columns of all items together.</summary>
    static abstract int Count { get; }

    /// <summary>All sums times a factor.</summary>
    TSelf Times(float factor);

    /// <summary>Adds tile[i][.] x[.][c] for columns c from <paramref name="from"/> on.</summary>
    TSelf Add(ArrayView<float> tile, ArrayView<float> x, Strip others, int from, int width, ArrayView<float> piece);

    /// <summary>Writes them, times a factor.</summary>
    void Store(ArrayView<float> row, int from, int width, float factor);
}

/// <summary>Two sums: a piece's.</summary>
internal readonly struct Columns32(float low, float high) : IColumns<Columns32>
{
    private readonly float _low = low, _high = high;

    public static int Count => AttentionTile.Piece;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Columns32 Times(float factor) => new(_low * factor, _high * factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Columns32 Add(ArrayView<float> tile, ArrayView<float> x, Strip others, int from, int width, ArrayView<float> piece)
    {
        AttentionTile.Load(piece, AttentionTile.Others, x, others, from, width);
        Group.Barrier();
        float low = _low, high = _high;
        int row = AttentionTile.I * AttentionTile.TilePitch, column = AttentionTile.J;
        for (int r = 0; r < AttentionTile.Others; r++)
        {
            float t = tile[row + r];
            low = MathF.FusedMultiplyAdd(t, piece[(r * AttentionTile.Pitch) + column], low);
            high = MathF.FusedMultiplyAdd(t, piece[(r * AttentionTile.Pitch) + column + 16], high);
        }
        Group.Barrier();
        return new(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ArrayView<float> row, int from, int width, float factor)
    {
        int column = from + AttentionTile.J;
        if (column < width)
        {
            row[column] = _low * factor;
        }
        if (column + 16 < width)
        {
            row[column + 16] = _high * factor;
        }
    }
}

/// <summary>Twice as many sums as <typeparamref name="T"/>.</summary>
internal readonly struct Twice<T>(T first, T second) : IColumns<Twice<T>> where T : struct, IColumns<T>
{
    private readonly T _first = first, _second = second;

    public static int Count => 2 * T.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Twice<T> Times(float factor) => new(_first.Times(factor), _second.Times(factor));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Twice<T> Add(ArrayView<float> tile, ArrayView<float> x, Strip others, int from, int width, ArrayView<float> piece)
    {
        T first = _first.Add(tile, x, others, from, width, piece), second = _second;
        if (from + T.Count < width)
        {
            second = second.Add(tile, x, others, from + T.Count, width, piece);
        }
        return new(first, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ArrayView<float> row, int from, int width, float factor)
    {
        _first.Store(row, from, width, factor);
        _second.Store(row, from + T.Count, width, factor);
    }
}
