namespace Vitrine.Transformers;

/// <summary>What an encoder–decoder family is made of: its names, its sizes, and where it differs from the others.</summary>
internal sealed record EncoderDecoderOptions
{
    /// <summary>The class that predicts the next word.</summary>
    public required string LanguageModel { get; init; }

    /// <summary>Older and headless names that mean the same.</summary>
    public IReadOnlyList<string> OldNames { get; init; } = [];

    /// <summary>How classes with other heads begin, <c>Bart</c>; empty: there are none here.</summary>
    public string Class { get; init; } = "";

    /// <summary>Whether the family has classifiers that read a text twice.</summary>
    public bool HasClassifier => Class.Length > 0;

    /// <summary>The class that labels texts.</summary>
    public string Classifier => $"{Class}ForSequenceClassification";

    /// <summary>The class that finds answers.</summary>
    public string Answers => $"{Class}ForQuestionAnswering";

    /// <summary>Canonical paths to checkpoint names (<see cref="ModulePath"/>).</summary>
    public required IReadOnlyDictionary<string, string> Names { get; init; }

    /// <summary>Other spellings of checkpoints.</summary>
    public required CheckpointStyle Style { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int DModel { get; init; }

    /// <summary>Number of blocks of a stack.</summary>
    public required Func<bool, int> Layers { get; init; }

    /// <summary>Query heads per block of the encoder.</summary>
    public required int NHeads { get; init; }

    /// <summary>Number of words where the config says nothing.</summary>
    public required int Vocab { get; init; }

    /// <summary>Number of words of a target of its own; 0: source and target share words.</summary>
    public int TargetVocab { get; init; }

    /// <summary>Longest sequence, tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The id of padding where the config says nothing.</summary>
    public int? PadId { get; init; }

    /// <summary>The id that a target starts with where the config says nothing.</summary>
    public int? StartId { get; init; }

    /// <summary>Factor on word embeddings.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Vectors of positions; null: positions are in attention.</summary>
    public StackPositions? Positions { get; init; }

    /// <summary>Biases by distance; null: none.</summary>
    public RelativeBiasOptions? Relative { get; init; }

    /// <summary>Makes a norm of the embeddings; null: none.</summary>
    public Func<ModulePath, Norm>? EmbeddingNorm { get; init; }

    /// <summary>The parts of a block of the encoder (false) or decoder (true).</summary>
    public required Func<bool, BlockOptions> Block { get; init; }

    /// <summary>Makes the norm after a stack's last block; null: none.</summary>
    public Func<ModulePath, Norm>? FinalNorm { get; init; }

    /// <summary>Whether the unembedding is the target's embedding.</summary>
    public required bool Tied { get; init; }

    /// <summary>Whether the unembedding may have a bias, which is never trained.</summary>
    public bool HeadBias { get; init; }

    /// <summary>Factor on hidden states before the unembedding.</summary>
    public float HiddenScale { get; init; } = 1;
}
