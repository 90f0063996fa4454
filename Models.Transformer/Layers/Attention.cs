using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Multi-head attention, self and cross: every position looks at others and takes a weighted mean of what they offer.
/// Paper: Vaswani et al. 2017, “Attention is all you need”, section 3.2. Read next: <c>Layers/Block.cs</c>, where it is one line.
/// </summary>
/// <remarks>
/// q = x·W_Q + b_Q, k = s·W_K + b_K, v = s·W_V + b_V, where s is x itself or, in cross-attention, the encoded source; q and k may be
/// normalised and turned by their positions; per head scores = scale·q·kᵀ + bias + mask, pattern = softmax(scores), z = pattern·v; out =
/// Σ_heads z·W_O + b_O. Scores and pattern are never stored, unless a scope watches them, a cap bends the scores, or a gradient of their
/// bias may be asked for: then the
/// same formulas run one by one.
/// </remarks>
internal sealed class Attention
{
    private readonly Linear _q, _k, _v, _o;
    private readonly HookPoint _hookQ, _hookK, _hookV, _hookScores, _hookPattern, _hookZ, _hookResult;
    private readonly HookPoint? _hookNormedQ, _hookNormedK, _hookRotaryQ, _hookRotaryK;
    private readonly Norm? _normQ, _normK;
    private readonly AttentionOptions _options;
    private readonly ScoreBias? _bias;
    private readonly string _name;

    public Attention(ModulePath path, AttentionOptions options)
    {
        _name = path.ToString();
        _options = options;
        int d = options.DModel, dQuery = options.NHeads * options.DHead, dKey = options.NKeyValueHeads * options.DHead;
        _q = Linear.Of(path, "Q", d, dQuery, options.Bias, options.Part(0));
        _k = Linear.Of(path, "K", d, dKey, options.Bias, options.Part(1));
        _v = Linear.Of(path, "V", d, dKey, options.Bias, options.Part(2));
        _o = Linear.Of(path, "O", dQuery, d, options.OutputBias, factor: options.OutputFactor);
        _bias = options.Relative?.Invoke(path);
        _hookQ = path.Hook("hook_q", "[batch, query, head, d_head]");
        _hookK = path.Hook("hook_k", "[batch, key, kv_head, d_head]");
        _hookV = path.Hook("hook_v", "[batch, key, kv_head, d_head]");
        if (options.QueryKeyNorm is { } norm)
        {
            _normQ = norm(path / "q_norm", options.NHeads);
            _hookNormedQ = path.Hook("hook_q_normed", "[batch, query, head, d_head]");
            _normK = norm(path / "k_norm", options.NKeyValueHeads);
            _hookNormedK = path.Hook("hook_k_normed", "[batch, key, kv_head, d_head]");
        }
        _hookRotaryQ = options.Rotary ? path.Hook("hook_rot_q", "[batch, query, head, d_head]") : null;
        _hookRotaryK = options.Rotary ? path.Hook("hook_rot_k", "[batch, key, kv_head, d_head]") : null;
        _hookScores = path.Hook("hook_attn_scores", "[batch, head, query, key]");
        _hookPattern = path.Hook("hook_pattern", "[batch, head, query, key]");
        _hookZ = path.Hook("hook_z", "[batch, query, head, d_head]");
        _hookResult = path.Hook("hook_result", "[batch, query, head, d_model]");
    }

    /// <summary>Self-attention.</summary>
    /// <param name="x"><c>[batch, pos, d_model]</c></param>
    /// <param name="mask">Added to the scores, broadcast to <c>[batch, head, query, key]</c>; null hides nothing.</param>
    /// <param name="cache">What came before; extended by these positions. Null: nothing.</param>
    /// <param name="rotary">Rotates queries and keys by their positions (Llama).</param>
    /// <param name="bias">Added to the scores, and may be learned (T5).</param>
    /// <returns><c>[batch, pos, d_model]</c></returns>
    public Tensor Run(Tensor x, Tensor? mask, KvCache? cache = null, Rotary? rotary = null, ScoreBias? bias = null)
    {
        Tensor q = _hookQ.Run(Heads(_q.Run(x)));                          // [batch, query, head, d_head]
        Tensor k = _hookK.Run(Heads(_k.Run(x)));                          // [batch, key, kv_head, d_head]
        Tensor v = _hookV.Run(Heads(_v.Run(x)));
        if (_normQ is not null && _normK is not null && _hookNormedQ is not null && _hookNormedK is not null)
        {
            (q, k) = (_hookNormedQ.Run(Normed(_normQ, q)), _hookNormedK.Run(Normed(_normK, k)));
        }
        if (rotary is not null && _hookRotaryQ is not null && _hookRotaryK is not null)
        {
            (q, k) = (_hookRotaryQ.Run(rotary.Turn(q)), _hookRotaryK.Run(rotary.Turn(k)));
        }
        if (cache is not null)
        {
            (k, v, _) = cache.Extend(_name, k, v);                        // keys: past and present
        }
        return Output(Mix(q, k, v, mask, bias ?? _bias));
    }

    /// <summary>Cross-attention: queries from the target, keys and values from the encoded source.</summary>
    /// <param name="x"><c>[batch, query, d_model]</c></param>
    /// <param name="source"><c>[batch, key, d_model]</c>; null when <paramref name="cache"/> knows its keys and values already.</param>
    /// <param name="mask">Hides the source's padding.</param>
    /// <param name="cache">Keeps the source's keys and values between calls. Null: they are computed.</param>
    public Tensor Run(Tensor x, Tensor? source, Tensor? mask, KvCache? cache)
    {
        Tensor q = _hookQ.Run(Heads(_q.Run(x)));
        (Tensor k, Tensor v, _) = cache?.OfSource(_name, Source) ?? Source();
        return Output(Mix(q, k, v, mask, null));

        KeyValue Source()
        {
            Tensor s = source ?? throw new ModelException($"{_name}: no source to attend to; expected a source in the first call with "
                + "an empty cache.");
            return new(_hookK.Run(Heads(_k.Run(s))), _hookV.Run(Heads(_v.Run(s))));
        }
    }

    /// <summary>z = softmax(scale·q·kᵀ + bias + mask)·v: in one kernel, or step by step where a point in between is watched.</summary>
    private Tensor Mix(Tensor q, Tensor k, Tensor v, Tensor? mask, ScoreBias? bias)
    {
        int batch = Math.Max(q.Shape[0], Math.Max(k.Shape[0], v.Shape[0])); // one source may serve many targets, one target many sources
        (q, k, v) = (q.Expand(q.Shape.With(0, batch)), k.Expand(k.Shape.With(0, batch)), v.Expand(v.Shape.With(0, batch)));
        Tensor? added = bias?.Invoke(q, k);                               // a mask is a constant, a bias may not be
        bool learned = added is not null && Recorder.Current is { } tape && tape.Tracks(added);
        if (!_hookScores.IsWatched && !_hookPattern.IsWatched && _options.ScoreCap == 0 && !learned)
        {
            mask = added is null ? mask : mask is null ? added : added + mask;
            return TensorOps.Attention(q, k, v, mask, _options.Causal, _options.Scale);
        }
        (q, k, v) = (HeadsFirst(q), HeadsFirst(k), HeadsFirst(v));        // [batch, head, pos, d_head]
        Tensor scores = q.MatMul(k, transposeB: true).Scale(_options.Scale);
        if (_options.ScoreCap > 0)
        {
            scores = scores.Capped(_options.ScoreCap);
        }
        if (_options.Causal && q.Shape[2] > 1)
        {
            scores += Masks.Causal(q.Shape[2], k.Shape[2]);
        }
        scores = added is null ? scores : scores + added;
        scores = mask is null ? scores : Masks.WithoutPadding(scores, mask) + mask;
        scores = _hookScores.Run(scores);                                 // [batch, head, query, key], −∞ where hidden
        Tensor pattern = _hookPattern.Run(scores.Softmax());
        return pattern.MatMul(v).Permute(0, 2, 1, 3);                     // [batch, query, head, d_head]
    }

    /// <summary>Σ over heads of z·W_O, plus b_O: one product, or one per head when what each head wrote is watched.</summary>
    private Tensor Output(Tensor z)
    {
        z = _hookZ.Run(z);                                                // [batch, query, head, d_head]
        (int batch, int queries, int heads, int dHead) = (z.Shape[0], z.Shape[1], z.Shape[2], z.Shape[3]);
        if (!_hookResult.IsWatched)
        {
            return _o.Run(z.Reshape([batch, queries, heads * dHead]));
        }
        Tensor perHead = _o.W.Reshape([heads, dHead, _o.W.Shape[1]]);     // rows of W_O belong to heads
        Tensor result = z.Permute(0, 2, 1, 3).MatMul(perHead);            // [batch, head, query, d_model]
        result = _hookResult.Run(result.Permute(0, 2, 1, 3));             // [batch, query, head, d_model]
        Tensor sum = result.Sum([2]);
        return _o.B is null ? sum : sum + _o.B;
    }

    /// <summary>Of each head by itself, or of all heads of a position together.</summary>
    private Tensor Normed(Norm norm, Tensor x) =>
        _options.JointNorm ? Heads(norm.Run(x.Reshape([x.Shape[0], x.Shape[1], x.Shape[2] * x.Shape[3]]))) : norm.Run(x);

    /// <summary><c>[batch, pos, head · d_head]</c> → <c>[batch, pos, head, d_head]</c>, a view.</summary>
    private Tensor Heads(Tensor x) => x.Reshape([x.Shape[0], x.Shape[1], x.Shape[2] / _options.DHead, _options.DHead]);

    /// <summary>
    /// <c>[batch, pos, kv_head, d_head]</c> → <c>[batch, head, pos, d_head]</c>; a key head serves a group of query heads.
    /// </summary>
    private Tensor HeadsFirst(Tensor x)
    {
        x = x.Permute(0, 2, 1, 3);
        (int batch, int kvHeads, int pos, int dHead) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        int group = _options.NHeads / kvHeads;
        return group == 1
            ? x
            : x.Reshape([batch, kvHeads, 1, pos, dHead]).Expand([batch, kvHeads, group, pos, dHead])
                .Reshape([batch, _options.NHeads, pos, dHead]);
    }
}

/// <summary>
/// What a layer adds to its scores besides masks: from queries <c>[batch, query, head, d_head]</c> and keys <c>[batch, key, kv_head,
/// d_head]</c> to anything that broadcasts to <c>[batch, head, query, key]</c>.
/// </summary>
internal delegate Tensor ScoreBias(Tensor q, Tensor k);

/// <summary>How a checkpoint stores W_Q, W_K and W_V.</summary>
internal enum Projections
{
    /// <summary>Each by itself.</summary>
    Apart,

    /// <summary>In one tensor, the outputs of q before those of k before those of v.</summary>
    Stacked,

    /// <summary>In one tensor, q, k and v of the first head before those of the second (GPT-NeoX, BLOOM).</summary>
    ByHead,

    /// <summary>In one tensor, q, v and k of the first quarter of the heads before those of the second (CodeGen).</summary>
    ByQuarter,
}

/// <summary>The sizes and habits of an attention layer.</summary>
internal sealed record AttentionOptions
{
    /// <summary>Width of the residual stream.</summary>
    public required int DModel { get; init; }

    /// <summary>Number of query heads.</summary>
    public required int NHeads { get; init; }

    /// <summary>Number of key and value heads; fewer than query heads in grouped-query attention (Ainslie et al. 2023).</summary>
    public int NKeyValueHeads { get => field == 0 ? NHeads : field; init; }

    /// <summary>Width of a head.</summary>
    public int DHead { get => field == 0 ? DModel / NHeads : field; init; }

    /// <summary>Whether Q, K and V have biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether the output product has one.</summary>
    public bool OutputBias { get; init; } = true;

    /// <summary>What the output is multiplied by (Granite).</summary>
    public float OutputFactor { get; init; } = 1;

    /// <summary>Whether a position sees only itself and what came before.</summary>
    public bool Causal { get; init; }

    /// <summary>Whether queries and keys are rotated by position.</summary>
    public bool Rotary { get; init; }

    /// <summary>
    /// Makes the norm of queries and that of keys, before rotation (Qwen3, Gemma 3), from its place and the number of heads; null: there is
    /// none.
    /// </summary>
    public Func<ModulePath, int, Norm>? QueryKeyNorm { get; init; }

    /// <summary>Whether these norms are over all heads of a position together (OLMo 2), not over each.</summary>
    public bool JointNorm { get; init; }

    /// <summary>Makes what this layer adds to its scores by distance and content (DeBERTa); null: nothing of its own.</summary>
    public Func<ModulePath, ScoreBias>? Relative { get; init; }

    /// <summary>Factor on the scores, by default 1/√d_head.</summary>
    public float Scale { get => field == 0 ? 1 / MathF.Sqrt(DHead) : field; init; }

    /// <summary>Scores are bent to cap·tanh(score / cap) before masks are added (Gemma 2); 0: they are not.</summary>
    public float ScoreCap { get; init; }

    /// <summary>How the checkpoint stores queries, keys and values.</summary>
    public Projections Projections { get; init; }

    /// <summary>Where in its stored tensor a projection lies: 0 queries, 1 keys, 2 values; null when it has one of its own.</summary>
    public StoredPart? Part(int which) => Projections switch
    {
        Projections.Stacked => new((which == 0 ? 0 : NHeads + ((which - 1) * NKeyValueHeads)) * DHead,
            (NHeads + (2 * NKeyValueHeads)) * DHead),
        Projections.ByHead => new(which * DHead, 3 * NHeads * DHead, NHeads),
        Projections.ByQuarter => new((which == 0 ? 0 : 3 - which) * NHeads / 4 * DHead, 3 * NHeads * DHead, 4),
        _ => null,
    };
}
