using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Where the tokens of one forward pass stand: their positions, what came before them, and what attention adds to scores for their sake.
/// Made once
/// per pass and shared by all blocks, so that layers with the same window or the same rotation share masks and angles.
/// </summary>
internal sealed class Placement
{
    private readonly Dictionary<int, Tensor?> _masks = [];
    private readonly Dictionary<RotaryOptions, Rotary> _rotaries = [];
    private readonly Tensor? _tokens; // [batch or 1, past + present]: 1 a token, 0 padding
    private readonly float[]? _slopes;
    private readonly int _past, _present;

    /// <summary>Places new tokens after those of a cache, and extends its count.</summary>
    /// <param name="input">Mask and positions, if given.</param>
    /// <param name="x">The new tokens' embeddings, <c>[batch, pos, d]</c>.</param>
    /// <param name="cache">What came before; null: nothing.</param>
    /// <param name="slopes">ALiBi's slopes, one per head (Press et al. 2022); null: no such bias.</param>
    public Placement(ModelInput input, Tensor x, KvCache? cache = null, float[]? slopes = null)
    {
        (_past, _present, Cache, _slopes) = (cache?.Length ?? 0, x.Shape[1], cache, slopes);
        _tokens = cache is null ? input.Mask : cache.Advance(x.Shape[0], x.Shape[1], input.Mask);
        Positions = input.Positions ?? Masks.Positions(_tokens, _past, _present);
    }

    /// <summary>Keys and values of what came before; null when nothing is to be kept.</summary>
    public KvCache? Cache { get; }

    /// <summary>int32 <c>[batch or 1, pos]</c>, counted from each row's first token unless the input says otherwise.</summary>
    public Tensor Positions { get; init; }

    /// <summary>What is added to scores by content or distance, the same in every block (T5's relative positions); null: nothing.</summary>
    public ScoreBias? Bias { get; init; }

    /// <summary>Whether padding's own queries are masked too (DeBERTa).</summary>
    public bool MasksPairs { get; init; }

    /// <summary>What cross-attention looks at, <c>[batch, pos, d_model]</c>; null where there is none, or the cache knows it.</summary>
    public Tensor? Source { get; init; }

    /// <summary>Added to the scores of cross-attention: −∞ at the source's padding; null: there is none.</summary>
    public Tensor? SourceMask { get; init; }

    /// <summary>The positions counted by tokens: padding, wherever it stands, counts nothing and has position −1 (OPT).</summary>
    public Tensor Counted => Masks.Counted(_tokens, _past, _present);

    /// <summary>
    /// What is added to scores: −∞ at padding and at keys outside the window, ALiBi's slope · position; null when nothing is.
    /// </summary>
    /// <param name="window">A query sees keys nearer than this; 0: all.</param>
    public Tensor? Mask(int window = 0)
    {
        int keys = _past + _present;
        window = window >= keys ? 0 : window;
        if (!_masks.TryGetValue(window, out Tensor? mask))
        {
            Tensor? hidden = MasksPairs ? Masks.Pairs(_tokens) : Masks.Additive(_tokens);
            mask = Sum(Sum(hidden, Alibi(keys)), window == 0 ? null : Masks.Window(_present, keys, window));
            _masks.Add(window, mask);
        }
        return mask;

        static Tensor? Sum(Tensor? a, Tensor? b) => a is null ? b : b is null ? a : a + b;
    }

    /// <summary>The angles of the new tokens; null for null.</summary>
    public Rotary? Rotary(RotaryOptions? options)
    {
        if (options is null)
        {
            return null;
        }
        if (!_rotaries.TryGetValue(options, out Rotary? rotary))
        {
            _rotaries.Add(options, rotary = new(Positions, options));
        }
        return rotary;
    }

    /// <summary>
    /// slope_h · position of the key, <c>[batch or 1, head, 1, key]</c>: within a query's row it differs from the paper's −slope · distance
    /// by a constant, which softmax ignores.
    /// </summary>
    private Tensor? Alibi(int keys)
    {
        if (_slopes is null)
        {
            return null;
        }
        int[] at = Masks.Counted(_tokens, 0, keys).ToIntArray();
        int batch = at.Length / keys;
        float[] bias = new float[batch * _slopes.Length * keys];
        for (int i = 0; i < bias.Length; i++)
        {
            (int row, int key) = Math.DivRem(i, keys);
            bias[i] = _slopes[row % _slopes.Length] * Math.Max(0, at[(row / _slopes.Length * keys) + key]);
        }
        return Tensor.From(bias, [batch, _slopes.Length, 1, keys]);
    }
}
