using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>A running decode: one cache for all rows, one forward pass per step over the newest token of each.</summary>
internal sealed class Decode
{
    private readonly IGenerator _model;
    private readonly ModelInput _first;
    private KvCache _cache = new();

    public Decode(IGenerator model, ModelInput input, GenerationOptions options)
    {
        _model = model;
        bool twoSided = model.Info.Task == ModelTask.SequenceToSequence;
        ModelInput prompt = twoSided ? input.Target ?? Start(input, options.DecoderStartId ?? model.Info.DecoderStartId) : input;
        Tensor ids = prompt.Ids ?? throw new ShapeException("generate: no token ids; "
            + "expected a prompt given by ids, for rules and padding look at them.");
        if (ids.Shape.Rank != 2 || ids.Shape.Elements == 0)
        {
            throw new ShapeException($"generate: ids have the wrong shape; got {ids.Shape}; expected [batch, pos], at least one token.");
        }
        if (prompt.Mask is { } mask && Masks.Integers(mask).Where((_, i) => (i + 1) % mask.Shape[1] == 0).Contains(0))
        {
            throw new ShapeException("generate: prompts are padded at the end; "
                + "expected padding in front, where it does not come between a text and its continuation. Batch with left: true.");
        }
        Options = options = options.For(ids.Shape[1]);
        int most = model.Info.MaxPositions + 1 - ids.Shape[1]; // the last new token is never read
        if (options.MaxNewTokens > most)
        {
            throw new ShapeException($"generate: too many tokens; got a prompt of {ids.Shape[1]} and {options.MaxNewTokens} new ones; "
                + $"expected at most {Math.Max(0, most)} new ones after this prompt.");
        }
        int[] all = ids.ToIntArray();
        Prompts = [.. all.Chunk(ids.Shape[1])];
        _first = twoSided ? input with { Target = prompt } : input;
    }

    /// <summary>The options, with limits in new tokens.</summary>
    public GenerationOptions Options { get; }

    /// <summary>The rows' prompts, padding included, all of one length.</summary>
    public int[][] Prompts { get; }

    /// <summary>Number of rows of the input.</summary>
    public int Rows => Prompts.Length;

    /// <summary>Length of the prompts.</summary>
    public int PromptLength => Prompts[0].Length;

    /// <summary>Reads the prompts.</summary>
    /// <returns>Logits of the first new token, <c>[row, vocab]</c>.</returns>
    public Tensor Begin() => Last(_model.Hidden(_first, _cache));

    /// <summary>Goes on with other rows: row i continues what was row <c>rows[i]</c>.</summary>
    public void Reorder(int[] rows)
    {
        if (!rows.SequenceEqual(Enumerable.Range(0, rows.Length)))
        {
            _cache = _cache.Rows(rows);
        }
    }

    /// <summary>Appends one token to every row.</summary>
    /// <returns>Logits of the next, <c>[row, vocab]</c>.</returns>
    public Tensor Step(int[] tokens)
    {
        ModelInput next = new() { Ids = Tensor.From(tokens, [tokens.Length, 1]) };
        return Last(_model.Hidden(_model.Info.Task == ModelTask.SequenceToSequence ? new() { Target = next } : next, _cache));
    }

    private Tensor Last(Tensor hidden) => _model.Logits(hidden.Select(1, hidden.Shape[1] - 1));

    private static ModelInput Start(ModelInput source, int? startId)
    {
        int start = startId
            ?? throw new ModelException("generate: no start token; "
                + "expected decoder_start_token_id in generation_config.json or config.json, or a target to begin with.");
        int rows = (source.Encoded ?? source.Embeddings ?? source.Ids)?.Shape[0]
            ?? throw new ShapeException("generate: nothing to read; expected ids or embeddings.");
        int[] starts = new int[rows];
        Array.Fill(starts, start);
        return new() { Ids = Tensor.From(starts, [rows, 1]) };
    }
}
