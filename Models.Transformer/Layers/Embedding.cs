using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>A table of vectors, one row per id: words, positions, segments.</summary>
internal sealed class Embedding
{
    private readonly Parameter _table;
    private readonly string _what;

    /// <param name="path">Where the table lies.</param>
    /// <param name="name">Its canonical name, e.g. <c>W_E</c>.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="d">Their width.</param>
    /// <param name="what">What a row stands for, for messages: <c>token id</c>.</param>
    public Embedding(ModulePath path, string name, int count, int d, string what) =>
        (_table, _what) = (path.Table(name, count, d), what);

    /// <summary>The table, <c>[count, d]</c>.</summary>
    public Parameter Table => _table;

    /// <summary>Rows of the table: int32 <c>[…]</c> → <c>[…, d]</c></summary>
    /// <exception cref="ShapeException">An id is outside the table.</exception>
    public Tensor Run(Tensor ids)
    {
        int count = Table.Shape[0];
        int[] values = ids.ToIntArray();
        int bad = Array.FindIndex(values, id => id < 0 || id >= count);
        return bad < 0
            ? _table.Gather(ids)
            : throw new ShapeException($"embed: {_what} out of range; "
                + $"got {values[bad]} at element {bad} of {ids.Shape}; expected 0..{count - 1}.");
    }
}
