using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>How distances fall into buckets.</summary>
/// <param name="Buckets">Number of buckets; an encoder has half of them for keys after the query.</param>
/// <param name="MaxDistance">From this distance on all share the last bucket.</param>
internal sealed record RelativeBiasOptions(int Buckets, int MaxDistance);

/// <summary>
/// T5's relative positions: a learned number per head and bucket of the distance between query and key, added to the scores of every
/// block of a stack. Raffel et al. 2020, section 2.1; buckets as in HF modeling_t5 <c>_relative_position_bucket</c>.
/// </summary>
internal sealed class RelativeBias
{
    private readonly Embedding _table;
    private readonly RelativeBiasOptions _options;
    private readonly bool _decoder;

    public RelativeBias(ModulePath path, RelativeBiasOptions options, int heads, bool decoder) =>
        (_table, _options, _decoder) = (new(path, "W_rel", options.Buckets, heads, "bucket"), options, decoder);

    /// <summary>
    /// The bias of queries that follow a number of cached positions, <c>[1, head, query, key]</c>; the same for every block of a pass.
    /// </summary>
    public ScoreBias Over(int past)
    {
        Tensor? bias = null;
        return (q, k) => bias ??= Of(q.Shape[1], k.Shape[1], past);
    }

    private Tensor Of(int queries, int keys, int past)
    {
        int[] buckets = new int[queries * keys];
        for (int i = 0; i < buckets.Length; i++)
        {
            buckets[i] = Bucket((i % keys) - (past + (i / keys)));
        }
        // A constant while no gradient of the table may be asked for: attention then keeps its pattern to itself.
        bool learned = Recorder.Current?.Tracks(_table.Table.Value) ?? false;
        using Recorder.Pause pause = Recorder.Use(learned ? Recorder.Current : null);
        Tensor bias = _table.Run(Tensor.From(buckets, [queries, keys])).Permute(2, 0, 1); // [head, query, key]
        bias = bias.Reshape(bias.Shape.Prepend(1));
        return learned ? bias : bias.AsWeight();
    }

    /// <summary>The bucket of key position − query position: near distances one each, far ones by their logarithm.</summary>
    internal int Bucket(int relative)
    {
        int count = _decoder ? _options.Buckets : _options.Buckets / 2;
        int first = _decoder || relative <= 0 ? 0 : count;
        int distance = _decoder ? Math.Max(-relative, 0) : Math.Abs(relative);
        int exact = count / 2;
        if (distance < exact)
        {
            return first + distance;
        }
        double far = Math.Log((double)distance / exact) / Math.Log((double)_options.MaxDistance / exact) * (count - exact);
        return first + Math.Min(exact + (int)far, count - 1);
    }
}
