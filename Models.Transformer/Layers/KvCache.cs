using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Keys and values of the positions a decoder has seen: the explicit state of a decode, passed as an argument, never kept in a model.
/// </summary>
/// <remarks>
/// A forward pass extends it. Since tensors never change, copies and cuts share their contents and cost nothing: compute a prefix
/// once, then take <see cref="Rows"/> or a <see cref="Prefix"/> of it for as many continuations as wanted.
/// </remarks>
public sealed class KvCache
{
    private readonly Dictionary<string, KeyValue> _layers;

    /// <summary>An empty cache.</summary>
    public KvCache() : this(new(StringComparer.Ordinal)) { }

    private KvCache(Dictionary<string, KeyValue> layers) => _layers = layers;

    /// <summary>How many positions it holds.</summary>
    public int Length { get; private set; }

    /// <summary>Which of them are tokens, int32 <c>[batch, Length]</c>; null when all are.</summary>
    internal Tensor? Mask { get; private set; }

    /// <summary>Whether cross-attention's keys and values are known.</summary>
    internal bool HasSource => _layers.Values.Any(layer => layer.IsSource);

    /// <summary>The mask of Marian's source, for cross-attention; null when the source has no padding.</summary>
    internal Tensor? SourceMask { get; set; }

    /// <summary>
    /// The same positions with other batch rows: row i of the result is row <c>rows[i]</c> of this cache. Reorders beams, repeats a prefix.
    /// </summary>
    public KvCache Rows(params int[] rows) => Map(x => TakeRows(x, rows), x => x, Length);

    /// <summary>The first <paramref name="length"/> positions only; what is known of a source stays.</summary>
    /// <exception cref="ShapeException">There are fewer.</exception>
    public KvCache Prefix(int length) => length >= 0 && length <= Length
        ? Map(x => x, x => x.Slice(1, 0, length), length)
        : throw new ShapeException($"kv_cache: no such prefix; got {length}; expected 0..{Length} positions.");

    /// <summary>A layer's keys and values with new ones after them, <c>[batch, past + new, kv_head, d_head]</c>.</summary>
    internal KeyValue Extend(string layer, Tensor k, Tensor v) => _layers[layer] = _layers.TryGetValue(layer, out KeyValue past)
        ? new(Append(past.Key, k), Append(past.Value, v))
        : new(k, v);

    /// <summary>A cross-attention layer's keys and values of the source, computed by the first call only.</summary>
    internal KeyValue OfSource(string layer, Func<KeyValue> compute) => _layers.TryGetValue(layer, out KeyValue known)
        ? known
        : _layers[layer] = compute() with { IsSource = true };

    /// <summary>Counts new positions, once per forward pass and before its layers run.</summary>
    /// <returns>The mask of old and new positions; null when there is no padding among them.</returns>
    internal Tensor? Advance(int batch, int positions, Tensor? mask)
    {
        if (mask is not null || Mask is not null)
        {
            Tensor now = mask ?? Masks.Ones(batch, positions);
            Mask = Length == 0 ? now : Append(Mask ?? Masks.Ones(batch, Length), now);
        }
        Length += positions;
        return Mask;
    }

    /// <summary>
    /// A cache with <paramref name="rows"/> applied to every tensor, and <paramref name="positions"/> to those with an axis of positions.
    /// </summary>
    private KvCache Map(Func<Tensor, Tensor> rows, Func<Tensor, Tensor> positions, int length)
    {
        var layers = new Dictionary<string, KeyValue>(StringComparer.Ordinal);
        foreach ((string name, (Tensor k, Tensor v, bool isSource)) in _layers)
        {
            layers[name] = isSource ? new(rows(k), rows(v), true) : new(positions(rows(k)), positions(rows(v)));
        }
        return new(layers)
        {
            Length = length,
            Mask = Mask is null ? null : positions(rows(Mask)),
            SourceMask = SourceMask is null ? null : rows(SourceMask),
        };
    }

    // A past with one row stands before every row of the present, and the other way round.
    private static Tensor Append(Tensor past, Tensor now)
    {
        int batch = Math.Max(past.Shape[0], now.Shape[0]);
        return TensorOps.Concat(1, past.Expand(past.Shape.With(0, batch)), now.Expand(now.Shape.With(0, batch)));
    }

    // Repeating the only row is a view: a prefix shared by a thousand continuations is stored once.
    private static Tensor TakeRows(Tensor x, int[] rows) => x.Shape[0] == 1
        ? x.Expand(x.Shape.With(0, rows.Length))
        : TensorOps.Concat(0, [.. rows.Select(row => x.Slice(0, row, 1))]);
}

/// <summary>Keys and values of one attention layer, <c>[batch, key, kv_head, d_head]</c> each; of a source for cross-attention.</summary>
internal readonly record struct KeyValue(Tensor Key, Tensor Value, bool IsSource = false);
