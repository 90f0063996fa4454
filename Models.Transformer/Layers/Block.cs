using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// One layer of a transformer: attention and a feed-forward layer, each added to the residual stream. Families differ in where they
/// normalise
/// (<see cref="BlockOrder"/>) and in what the two halves are made of (<see cref="BlockOptions"/>); the rest is here, once.
/// </summary>
internal sealed class Block
{
    private readonly BlockOptions _options;
    private readonly Attention _attention;
    private readonly FeedForward _mlp;
    private readonly Attention? _cross;
    private readonly Norm? _ln1, _lnCross, _ln2, _ln1Post, _ln2Post;
    private readonly HookPoint _residPre, _attnOut, _mlpOut, _residPost;
    private readonly HookPoint? _residMid, _crossOut, _residMidCross, _normalized;

    public Block(ModulePath path, BlockOptions options)
    {
        _options = options;
        bool after = options.Order == BlockOrder.PostNorm, parallel = options.Order == BlockOrder.Parallel,
            unread = options.Order == BlockOrder.OutputNorm, written = unread || options.OutputNorms;
        HookPoint Resid(string name) => path.Hook(name, "[batch, pos, d_model]");
        _residPre = Resid("hook_resid_pre");
        string lnLast = options.Cross is null ? "ln2" : "ln3";
        Norm? before = after || unread || options.SkipsFirstNorm ? null : options.Norm(path / "ln1");
        _attention = options.Attention(path / "attn");
        _ln1Post = written ? options.Norm(path / "ln1_post") : null;
        _attnOut = Resid("hook_attn_out");
        _residMid = parallel ? null : Resid("hook_resid_mid");
        _ln1 = after ? options.Norm(path / "ln1") : before;
        if (options.Cross is { } cross)
        {
            Norm? beforeCross = after ? null : options.Norm(path / "ln2");
            _cross = cross(path / "cross_attn");
            _crossOut = Resid("hook_cross_attn_out");
            _residMidCross = Resid("hook_resid_mid_cross");
            _lnCross = beforeCross ?? options.Norm(path / "ln2");
        }
        _ln2 = after || unread || options.SharedNorm ? null : options.Norm(path / lnLast);
        _mlp = options.Mlp(path / "mlp");
        _ln2Post = written ? options.Norm(path / "ln2_post") : null;
        _mlpOut = Resid("hook_mlp_out");
        _residPost = Resid("hook_resid_post");
        if (after)
        {
            _ln2 = options.Norm(path / lnLast);
            _normalized = Resid("hook_normalized_resid_post");
        }
    }

    /// <summary><c>[batch, pos, d_model]</c> → the same.</summary>
    public Tensor Run(Tensor resid, Placement at)
    {
        resid = _residPre.Run(resid);                                     // [batch, pos, d_model]
        switch (_options.Order)
        {
            case BlockOrder.PostNorm:                                     // norm(x + attention(x)), norm(x + mlp(x))
                resid = Normed(_ln1, Mid(resid + Attend(resid, at)));
                resid = Look(resid, at);
                resid = _residPost.Run(resid + Feed(resid));
                return Normalized(resid);
            case BlockOrder.Parallel:                                     // x + attention(norm(x)) + mlp(norm(x))
                Tensor normed = Normed(_ln1, resid);
                Tensor attended = Attend(normed, at);
                return _residPost.Run(resid + attended + Feed(_ln2?.Run(resid) ?? normed));
            default:                                    // x + attention(norm(x)), x + mlp(norm(x)); or x + norm(attention(x)), …
                resid = Mid(resid + Attend(Normed(_ln1, resid), at));
                resid = Look(resid, at);
                return _residPost.Run(resid + Feed(_ln2?.Run(resid) ?? resid));
        }
    }

    private Tensor Attend(Tensor x, Placement at)
    {
        Tensor z = _attention.Run(x, at.Mask(_options.Window), at.Cache, at.Rotary(_options.Rotary), at.Bias);
        return _attnOut.Run(_ln1Post?.Run(z) ?? z);
    }

    /// <summary>The half in between, of a decoder that looks at a source.</summary>
    private Tensor Look(Tensor resid, Placement at)
    {
        if (_cross is null || _crossOut is null || _residMidCross is null)
        {
            return resid;
        }
        bool after = _options.Order == BlockOrder.PostNorm;
        Tensor seen = _cross.Run(after ? resid : Normed(_lnCross, resid), at.Source, at.SourceMask, at.Cache);
        resid = _residMidCross.Run(resid + _crossOut.Run(seen));
        return after ? Normed(_lnCross, resid) : resid;
    }

    private static Tensor Normed(Norm? norm, Tensor x) => norm?.Run(x) ?? x;

    private Tensor Feed(Tensor x)
    {
        Tensor y = _mlp.Run(x);
        return _mlpOut.Run(_ln2Post?.Run(y) ?? y);
    }

    private Tensor Mid(Tensor resid) => _residMid?.Run(resid) ?? resid;

    private Tensor Normalized(Tensor resid)
    {
        resid = _ln2?.Run(resid) ?? resid;
        return _normalized?.Run(resid) ?? resid;
    }
}

/// <summary>Where a block normalises.</summary>
internal enum BlockOrder
{
    /// <summary>Each half reads a normalised stream and adds to the stream itself (GPT-2, Llama, and nearly all since).</summary>
    PreNorm,

    /// <summary>The stream is normalised after each addition (Vaswani et al. 2017, BERT).</summary>
    PostNorm,

    /// <summary>Both halves read the same stream, normalised, and are added together (GPT-J, GPT-NeoX, Phi).</summary>
    Parallel,

    /// <summary>Each half reads the stream as it is, and what it writes is normalised (OLMo 2).</summary>
    OutputNorm,
}

/// <summary>What a block is made of.</summary>
internal sealed record BlockOptions
{
    /// <summary>Where it normalises.</summary>
    public BlockOrder Order { get; init; }

    /// <summary>Makes a norm of the residual stream.</summary>
    public required Func<ModulePath, Norm> Norm { get; init; }

    /// <summary>Makes the attention layer.</summary>
    public required Func<ModulePath, Attention> Attention { get; init; }

    /// <summary>Makes the attention to a source between the two halves, whose norm is <c>ln2</c>; null: there is none.</summary>
    public Func<ModulePath, Attention>? Cross { get; init; }

    /// <summary>Makes the feed-forward layer.</summary>
    public required Func<ModulePath, FeedForward> Mlp { get; init; }

    /// <summary>Whether what each half adds is normalised too, <c>ln1_post</c> and <c>ln2_post</c> (Gemma 2 and 3).</summary>
    public bool OutputNorms { get; init; }

    /// <summary>Whether one norm serves both halves of a parallel block (GPT-J, Phi).</summary>
    public bool SharedNorm { get; init; }

    /// <summary>Whether attention reads the stream as it is (ModernBERT's first block).</summary>
    public bool SkipsFirstNorm { get; init; }

    /// <summary>How queries and keys are rotated; null: they are not.</summary>
    public RotaryOptions? Rotary { get; init; }

    /// <summary>A query sees keys nearer than this, 0: all. Sliding windows (Beltagy et al. 2020).</summary>
    public int Window { get; init; }
}
