using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>What DeBERTa's attention by distance is made of.</summary>
/// <param name="Span">Distances are told apart from −span to span − 1; the table has twice as many rows.</param>
/// <param name="Buckets">Into how many buckets distances fall, the far ones by their logarithm; 0: each has a row.</param>
/// <param name="MaxDistance">The largest distance that buckets tell apart.</param>
internal sealed record DisentangledOptions(int Span, int Buckets, int MaxDistance)
{
    /// <summary>Whether a query's content looks at the key's distance.</summary>
    public bool ContentToPosition { get; init; }

    /// <summary>Whether a key's content is looked at from the query's distance.</summary>
    public bool PositionToContent { get; init; }

    /// <summary>Whether distances pass the projections of contents; else they have their own.</summary>
    public bool SharesKeys { get; init; }

    /// <summary>Whether the table passes a LayerNorm.</summary>
    public bool Normalises { get; init; }

    /// <summary>δ(i, j) of i − j, from −(buckets − 1) to buckets − 1: near distances as they are, far ones by their logarithm.</summary>
    public int Bucket(int distance)
    {
        int middle = Buckets / 2;
        if (Buckets == 0 || (distance < middle && distance > -middle))
        {
            return distance;
        }
        double far = Math.Log((double)Math.Abs(distance) / middle) / Math.Log((double)(MaxDistance - 1) / middle) * (middle - 1);
        return Math.Abs(distance) <= middle ? distance : Math.Sign(distance) * (middle + (int)Math.Ceiling((float)far));
    }
}

/// <summary>
/// Disentangled attention: to content·content are added content·distance and distance·content,
/// <c>score[i, j] = (Q_i·K_j + Q_i·Kr[δ(i,j)] + K_j·Qr[δ(i,j)]) / √(3·d_head)</c>, with Kr and Qr projections of one table of distances
/// that all layers share. Source: He et al. 2021, section 3.1; the directions are those of HF modeling_deberta_v2.
/// </summary>
internal sealed class Disentangled
{
    private readonly DisentangledOptions _options;
    private readonly Parameter _table;
    private readonly Norm? _norm;
    private readonly int _dModel, _dHead;

    public Disentangled(ModulePath path, DisentangledOptions options, ModelInfo info, float epsilon)
    {
        (_options, _dModel, _dHead) = (options, info.DModel, info.DModel / info.NHeads);
        _table = path.Table("W_rel", 2 * options.Span, info.DModel);
        _norm = options.Normalises ? Norm.Layer(path / "ln", info.DModel, epsilon) : null;
    }

    /// <summary>Factor on all scores: 1/√(kinds · d_head).</summary>
    public float Scale => 1 / MathF.Sqrt(_dHead * (1 + (_options.ContentToPosition ? 1 : 0) + (_options.PositionToContent ? 1 : 0)));

    /// <summary>What a layer adds to its scores.</summary>
    public ScoreBias Under(ModulePath attention)
    {
        string own = _options.SharesKeys ? "" : "_rel";
        Linear? key = _options.ContentToPosition ? Linear.Of(attention, $"K{own}", _dModel, _dModel) : null;
        Linear? query = _options.PositionToContent ? Linear.Of(attention, $"Q{own}", _dModel, _dModel) : null;
        return (q, k) =>
        {
            Tensor table = Gathered();
            Tensor? sum = key is null ? null : Looked(q, key.Run(table), q.Shape[1], k.Shape[1], fromKeys: false);
            Tensor? back = query is null ? null : Looked(k, query.Run(table), k.Shape[1], q.Shape[1], fromKeys: true);
            return (sum is null ? back : back is null ? sum : sum + back)?.Scale(Scale) ?? Tensor.Zeros([1, 1, 1, 1]);
        };
    }

    private Tensor Gathered()
    {
        int[] rows = [.. Enumerable.Range(0, 2 * _options.Span)];
        Tensor table = _table.Gather(Tensor.From(rows, [1, rows.Length]));                     // [1, row, d_model]
        return _norm?.Run(table) ?? table;
    }

    /// <summary>One side's contents times the other's distances, <c>[batch, head, query, key]</c>.</summary>
    /// <param name="x">Queries or keys, <c>[batch, pos, head, d_head]</c>.</param>
    /// <param name="distances">Projected table, <c>[1, row, d_model]</c>.</param>
    /// <param name="positions">Number of positions of <paramref name="x"/>.</param>
    /// <param name="others">Number of positions of the other side.</param>
    /// <param name="fromKeys">Whether <paramref name="x"/> are keys.</param>
    private Tensor Looked(Tensor x, Tensor distances, int positions, int others, bool fromKeys)
    {
        (int batch, int heads, int rows) = (x.Shape[0], x.Shape[2], distances.Shape[1]);
        Tensor perHead = distances.Reshape([1, rows, heads, _dHead]).Permute(0, 2, 1, 3);      // [1, head, row, d_head]
        perHead = perHead.Expand([batch, heads, rows, _dHead]);
        Tensor all = x.Permute(0, 2, 1, 3).MatMul(perHead, transposeB: true);                  // [batch, head, pos, row]
        // Of each position's rows those of the other side's positions: a gather of [batch · head] numbers each.
        Tensor flat = all.Permute(2, 3, 0, 1).Reshape([positions * rows, batch * heads]);
        Tensor picked = flat.Gather(Rows(positions, others, rows, fromKeys)).Reshape([positions, others, batch, heads]);
        return fromKeys ? picked.Permute(2, 3, 1, 0) : picked.Permute(2, 3, 0, 1);
    }

    /// <summary>Row (position, δ(query − key) + span) of every pair, int32 <c>[pos, other]</c>.</summary>
    private Tensor Rows(int positions, int others, int rows, bool fromKeys)
    {
        int[] at = new int[positions * others];
        for (int i = 0; i < at.Length; i++)
        {
            (int position, int other) = Math.DivRem(i, others);
            int distance = _options.Bucket(fromKeys ? other - position : position - other);
            at[i] = (position * rows) + Math.Clamp(distance + _options.Span, 0, rows - 1);
        }
        return Tensor.From(at, [positions, others]);
    }
}
