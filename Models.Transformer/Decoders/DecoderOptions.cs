using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>What a decoder-only family is made of: its names, its sizes, and where it differs from the others.</summary>
internal sealed record DecoderOptions
{
    /// <summary>How Hugging Face's classes of the family begin: <c>Llama</c>.</summary>
    public required string Class { get; init; }

    /// <summary>The class that predicts the next token.</summary>
    public string LanguageModel { get => field ?? $"{Class}ForCausalLM"; init; }

    /// <summary>The class that labels texts.</summary>
    public string Classifier => $"{Class}ForSequenceClassification";

    /// <summary>The class without a head.</summary>
    public string Bare => $"{Class}Model";

    /// <summary>Whether checkpoints that name the class without a head are language models all the same.</summary>
    public bool BareIsLanguageModel { get; init; }

    /// <summary>Canonical paths to checkpoint names (<see cref="ModulePath"/>).</summary>
    public required IReadOnlyDictionary<string, string> Names { get; init; }

    /// <summary>
    /// Other spellings of checkpoints, and which names stand for one tensor: the embedding and the unembedding, where they
    /// are <see cref="Tied"/>.
    /// </summary>
    public required CheckpointStyle Style { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int DModel { get; init; }

    /// <summary>
    /// Width of word embeddings, 0: that of the stream. Where it differs, a matrix leads in and one leads out (OPT 350M).
    /// </summary>
    public int EmbeddingWidth { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int NLayers { get; init; }

    /// <summary>Query heads per block.</summary>
    public required int NHeads { get; init; }

    /// <summary>Number of words.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Longest sequence, tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The table of positions; null: positions are in attention.</summary>
    public DecoderPositions? Positions { get; init; }

    /// <summary>Slopes of ALiBi, one per head; null: none.</summary>
    public float[]? Slopes { get; init; }

    /// <summary>Factor on word embeddings (Gemma: √d_model).</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Makes a norm of the embeddings (BLOOM); null: none.</summary>
    public Func<ModulePath, Norm>? EmbeddingNorm { get; init; }

    /// <summary>The parts of the block of that number.</summary>
    public required Func<int, BlockOptions> Block { get; init; }

    /// <summary>Makes the norm after the last block; null: none.</summary>
    public Func<ModulePath, Norm>? FinalNorm { get; init; }

    /// <summary>Whether the unembedding is the embedding.</summary>
    public required bool Tied { get; init; }

    /// <summary>Whether the unembedding has a bias.</summary>
    public bool HeadBias { get; init; }

    /// <summary>Factor on hidden states before the unembedding, and so on logits (Cohere, Granite).</summary>
    public float HiddenScale { get; init; } = 1;

    /// <summary>The bound that logits approach, 0: none (Gemma 2).</summary>
    public float LogitCap { get; init; }
}

/// <summary>A table with a row per position, learned or fixed.</summary>
/// <param name="Offset">Unused rows before that of the first position.</param>
/// <param name="Counted">Whether positions count tokens, padding being position −1 wherever it stands (OPT).</param>
internal sealed record DecoderPositions(int Offset = 0, bool Counted = false)
{
    /// <summary>Makes the table of a number of rows and their width where it is no weight (XGLM); null: it is learned.</summary>
    public Func<int, int, Tensor>? Fixed { get; init; }

    /// <summary>The rows of positions.</summary>
    public Tensor Shifted(Tensor positions) =>
        Offset == 0 ? positions : Tensor.From([.. positions.ToIntArray().Select(at => at + Offset)], positions.Shape);
}
