using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>One side of an encoder–decoder: words with their positions, blocks, and the norms around them.</summary>
internal sealed class Stack
{
    private readonly HookPoint _hookWords;
    private readonly HookPoint? _hookPositions;
    private readonly StackPositions? _options;
    private readonly Tensor? _fixedPositions; // [position, d_model]
    private readonly Embedding? _positions;
    private readonly Norm? _embedNorm, _final;
    private readonly RelativeBias? _relative;
    private readonly Block[] _blocks;

    public Stack(ModulePath root, string side, EncoderDecoderOptions options, ModelInfo info, int layers)
    {
        ModulePath path = root / side;
        bool decoder = side == "decoder";
        _options = options.Positions;
        _hookWords = path.Hook("hook_embed", "[batch, pos, d_model]");
        if (_options is not null)
        {
            int rows = info.MaxPositions + _options.Offset;
            _fixedPositions = _options.Fixed?.Invoke(rows, info.DModel);
            _positions = _fixedPositions is null ? new(path / "pos_embed", "W_pos", rows, info.DModel, "position") : null;
            _hookPositions = path.Hook("hook_pos_embed", "[batch or 1, pos, d_model]");
        }
        _embedNorm = options.EmbeddingNorm?.Invoke(path / "embed_ln");
        _relative = options.Relative is { } relative ? new(path / "rel_pos", relative, info.NHeads, decoder) : null;
        _blocks = [.. Enumerable.Range(0, layers).Select(i => new Block(path / i, options.Block(decoder)))];
        _final = options.FinalNorm?.Invoke(root / $"{side}_final_ln");
    }

    /// <summary><c>[batch, pos, d_model]</c> → the last hidden states.</summary>
    /// <param name="input">Ids, mask and positions of the new tokens.</param>
    /// <param name="words">Their embeddings.</param>
    /// <param name="source">What cross-attention looks at; null in an encoder, and where the cache knows it.</param>
    /// <param name="sourceMask">Hides the source's padding.</param>
    /// <param name="cache">What came before, in a decoder.</param>
    public Tensor Run(ModelInput input, Tensor words, Tensor? source, Tensor? sourceMask, KvCache? cache)
    {
        int past = cache?.Length ?? 0;
        Tensor resid = _hookWords.Run(words);
        var at = new Placement(input, words, cache)
        {
            Bias = _relative?.Over(past),
            Source = source,
            SourceMask = sourceMask,
        };
        if (_hookPositions is not null && _options is not null)
        {
            Tensor rows = input.Positions ?? _options.Rows(input, at.Positions, past);
            resid += _hookPositions.Run(_fixedPositions?.Gather(rows) ?? _positions?.Run(rows) ?? resid);
        }
        resid = _embedNorm?.Run(resid) ?? resid;
        foreach (Block block in _blocks)
        {
            resid = block.Run(resid, at);
        }
        return _final?.Run(resid) ?? resid;
    }
}

/// <summary>A table with a vector per position, learned or fixed.</summary>
/// <param name="Offset">Rows before that of the first position; one of them is the padding's.</param>
/// <param name="PadId">fairseq's counting (M2M-100): padding ids have that row and count nothing; null: the mask counts.</param>
internal sealed record StackPositions(int Offset = 0, int? PadId = null)
{
    /// <summary>Makes the table of a number of rows and their width where it is no weight; null: it is learned.</summary>
    public Func<int, int, Tensor>? Fixed { get; init; }

    /// <summary>The rows that tokens read, int32 <c>[batch or 1, pos]</c>.</summary>
    public Tensor Rows(ModelInput input, Tensor positions, int past) => PadId is { } pad && input is { Embeddings: null, Ids: { } ids }
        ? Masks.PositionsPastPadding(ids, pad, past)
        : Offset == 0 ? positions : Tensor.From([.. positions.ToIntArray().Select(at => at + Offset)], positions.Shape);

    /// <summary>
    /// Positions as waves, <c>[position, d_model]</c>: the first half of the columns sines, the second cosines (not in turns as in the
    /// paper).
    /// </summary>
    /// <param name="positions">Number of rows.</param>
    /// <param name="dModel">Number of columns.</param>
    /// <param name="frequency">Radians per position of a column, from its number in its half and the width.</param>
    /// <exception cref="ModelException">There are more than 2²⁶ numbers: no weights vouch for a config's count of positions.</exception>
    public static Tensor Waves(int positions, int dModel, Func<int, int, double> frequency)
    {
        if ((long)positions * dModel > 1 << 26)
        {
            throw new ModelException($"positions: the table of waves is too large; got {positions} positions of {dModel} numbers; "
                + $"expected at most {1 << 26} numbers. Lower max_position_embeddings in config.json.");
        }
        float[] table = new float[positions * dModel];
        int sines = (dModel + 1) / 2;
        for (int position = 0; position < positions; position++)
        {
            for (int column = 0; column < dModel; column++)
            {
                double angle = position * frequency(column < sines ? column : column - sines, dModel);
                table[(position * dModel) + column] = (float)(column < sines ? Math.Sin(angle) : Math.Cos(angle));
            }
        }
        return Tensor.From(table, [positions, dModel]).AsWeight(); // a constant: no tape follows it
    }
}
