using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>What all model classes share: facts, hooks, parameters, and the checks on their input.</summary>
public abstract class Transformer : ITransformer
{
    private readonly ModelBuilder _builder;

    private protected Transformer(ModelInfo info, ModelBuilder builder) => (Info, _builder) = (info, builder);

    /// <inheritdoc/>
    public ModelInfo Info { get; }

    /// <inheritdoc/>
    public ITokenizer? Tokenizer { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<HookPoint> HookPoints => _builder.Hooks;

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => _builder.Parameters;

    /// <inheritdoc/>
    public Parameter? Find(string name) => _builder.Find(name);

    /// <inheritdoc/>
    public WeightReport Weights { get; private set; } = new("", [], [], [], new Dictionary<string, string>());

    /// <inheritdoc/>
    public IReadOnlyList<string> Notices => _builder.Notices;

    /// <inheritdoc/>
    public abstract Tensor Embed(Tensor ids);

    /// <inheritdoc/>
    public abstract Tensor Forward(ModelInput input);

    /// <summary>Takes the tokenizer of its folder, or says why it cannot.</summary>
    internal void ReadTokenizer(string folder)
    {
        Tokenizer = TokenizerLoader.Find(folder, out string? notice);
        if (notice is not null)
        {
            _builder.Notice(notice);
        }
        AddNotices(Tokenizer?.Notices ?? []);
    }

    /// <summary>Adds to <see cref="Notices"/> what was found out about the checkpoint around this model.</summary>
    internal void AddNotices(IEnumerable<string> notices)
    {
        foreach (string notice in notices)
        {
            _builder.Notice(notice);
        }
    }

    /// <summary>Ends the construction of a model: every weight it asked for must have been there.</summary>
    /// <exception cref="WeightException">Some were not; all are named.</exception>
    internal void Complete(WeightLoader weights) => Weights = weights.Report().RequireComplete();

    /// <summary>The embeddings of one side of the input, given or looked up, <c>[batch, pos, d_model]</c>; everything else is
    /// checked.</summary>
    private protected Tensor EmbeddingsOf(ModelInput input, int past = 0)
    {
        string model = Info.ModelType;
        HookScope.StartAt(past);
        Tensor x = input.Embeddings
            ?? Embed(input.Ids ?? throw new ShapeException($"{model}: nothing to read; expected ids or embeddings."));
        if (x.Shape.Rank != 3 || x.Shape[2] != Info.EmbeddingWidth || x.Shape[0] < 1 || x.Shape[1] < 1)
        {
            throw new ShapeException(input.Embeddings is null
                ? $"{model}: ids have the wrong shape; got {x.Shape[..^1]}; expected [batch, pos], at least one token."
                : $"{model}: embeddings have the wrong shape; got {x.Shape}; expected [batch, pos, {Info.EmbeddingWidth}], at least one "
                    + "token.");
        }
        if (past + x.Shape[1] > Info.MaxPositions)
        {
            throw new ShapeException($"{model}: too many tokens; got {past + x.Shape[1]}; expected at most {Info.MaxPositions}. Shorten "
                + "or truncate the text.");
        }
        foreach ((string name, Tensor? extra) in new[] { ("mask", input.Mask), ("types", input.Types), ("positions", input.Positions) })
        {
            if (extra is not null && (extra.Shape.Rank != 2 || (extra.Shape[0] != 1 && extra.Shape[0] != x.Shape[0])
                || extra.Shape[1] != x.Shape[1]))
            {
                throw new ShapeException($"{model}: {name} have the wrong shape; got {extra.Shape}; expected {x.Shape[..^1]}, or a "
                    + "batch of 1.");
            }
        }
        return x;
    }

    /// <summary>The hidden state of one position per batch row: <c>[batch, pos, d_model]</c> → <c>[batch, d_model]</c>.</summary>
    private protected static Tensor RowsAt(Tensor hidden, int[] positions)
    {
        int[] rows = [.. positions.Select((position, row) => (row * hidden.Shape[1]) + position)];
        return hidden.Reshape([hidden.Shape[0] * hidden.Shape[1], hidden.Shape[2]]).Gather(Tensor.From(rows, [rows.Length]));
    }

    /// <summary>
    /// The position of each row's last token: the rightmost that the mask shows and that is not the padding id. Inside a text that id is a
    /// word like any other (GPT-2 often has its end of text for padding).
    /// </summary>
    private protected int[] LastTokens(ModelInput input, int batch, int positions)
    {
        int[]? ids = Info.PadId is null ? null : input.Ids?.ToIntArray(), tokens = input.Mask is null ? null : Masks.Integers(input.Mask);
        return [.. Enumerable.Range(0, batch).Select(row =>
        {
            int at = positions - 1;
            while (at > 0 && ((tokens is not null && Of(tokens, row)[at] == 0) || (ids is not null && Of(ids, row)[at] == Info.PadId)))
            {
                at--;
            }
            return at;
        })];

        // one row may serve the whole batch
        ReadOnlySpan<int> Of(int[] values, int row) => values.AsSpan(values.Length == positions ? 0 : row * positions, positions);
    }
}
