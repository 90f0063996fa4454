using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>All attention patterns of one text.</summary>
public sealed class HeadPatterns
{
    private readonly float[][] _layers;

    private HeadPatterns(string stack, float[][] layers, Shape shape) =>
        (Stack, _layers, Heads, Queries, Keys) = (stack, layers, shape[1], shape[2], shape[3]);

    /// <summary>Which blocks.</summary>
    public string Stack { get; }

    /// <summary>How many blocks.</summary>
    public int Layers => _layers.Length;

    /// <summary>Query heads per block.</summary>
    public int Heads { get; }

    /// <summary>Queries.</summary>
    public int Queries { get; }

    /// <summary>Keys.</summary>
    public int Keys { get; }

    /// <summary>Runs a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">One text.</param>
    /// <param name="stack">Null: the last of the model's stacks.</param>
    /// <param name="cross">Whether the heads between decoder and encoder are meant.</param>
    public static HeadPatterns Of(ITransformer model, ModelInput input, string? stack = null, bool cross = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        PatchPlace place = PatchPlace.Get(cross ? "cross_pattern" : "pattern");
        string name = stack ?? new PatchRequest().StackOf(model);
        string[] hooks = [.. Enumerable.Range(0, place.LayersOf(model, name)).Select(l => place.HookOf(name, l))];
        Dictionary<string, Tensor> found = PatchSweep.Capture(model, input, hooks);
        return new(name, [.. hooks.Select(h => found[h].ToArray())], found[hooks[0]].Shape);
    }

    /// <summary>The attention of one query, <c>[key]</c>.</summary>
    public ReadOnlySpan<float> Row(int layer, int head, int query) => _layers[layer].AsSpan(((head * Queries) + query) * Keys, Keys);

    /// <summary>The pattern of one head, <c>[query, key]</c>.</summary>
    public ReadOnlySpan<float> Head(int layer, int head) => _layers[layer].AsSpan(head * Queries * Keys, Queries * Keys);

    /// <summary>The patterns as a result.</summary>
    /// <param name="queries">What queries are called; empty: by number.</param>
    /// <param name="keys">What keys are called; empty: by number.</param>
    /// <param name="layer">One block; null: all.</param>
    /// <param name="head">One head of it; null: all.</param>
    /// <returns>Table <c>pattern</c> <c>[layer, head, query, key]</c>.</returns>
    /// <exception cref="VitrineException">There is no such block or head.</exception>
    public InsideResult ToResult(IReadOnlyList<string> queries, IReadOnlyList<string> keys, int? layer = null, int? head = null)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keys);
        if (layer is < 0 || layer >= Layers || head is < 0 || head >= Heads)
        {
            throw new VitrineException(FormattableString.Invariant(
                $"attention: no such head; got {layer}{(head is { } h ? $".{h}" : "")}; expected layer 0 to {Layers - 1}, head 0 to ")
                + FormattableString.Invariant($"{Heads - 1}."));
        }
        int[] layers = layer is { } l ? [l] : [.. Enumerable.Range(0, Layers)], heads = head is { } one ? [one]
            : [.. Enumerable.Range(0, Heads)];
        double[] values = [.. layers.SelectMany(at => heads.SelectMany(h => Head(at, h).ToArray().Select(a => (double)a)))];
        static InsideAxis Named(string name, int[] numbers) =>
            new(name, [.. numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))]);
        return new()
        {
            Method = "attention_pattern",
            Tables =
            [
                InsideTable.Of("pattern", "attention of a query (row) to a key (column), 0–1", values, Named("layer", layers),
                    Named("head", heads), InsideAxis.Read("query", Queries, queries), InsideAxis.Read("key", Keys, keys)),
            ],
            Parameters = new Dictionary<string, string> { ["stack"] = Stack },
        };
    }
}
