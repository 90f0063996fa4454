namespace Vitrine.Transformers;

/// <summary>What a model's head was trained to say.</summary>
public enum ModelTask
{
    /// <summary>No head: hidden states.</summary>
    None,

    /// <summary>One label for the whole text.</summary>
    SequenceClassification,

    /// <summary>The span of a context that answers a question: a start and an end position.</summary>
    QuestionAnswering,

    /// <summary>The words in place of <c>[MASK]</c>.</summary>
    MaskedLanguageModel,

    /// <summary>The best of several continuations.</summary>
    MultipleChoice,

    /// <summary>One label per token.</summary>
    TokenClassification,

    /// <summary>The next token.</summary>
    CausalLanguageModel,

    /// <summary>The next token of a target text, given a source text: translation.</summary>
    SequenceToSequence,
}

/// <summary>The facts of a model that tools ask for.</summary>
public sealed record ModelInfo
{
    /// <summary>The family, as <c>config.json</c> calls it: <c>bert</c>, <c>gpt2</c>, <c>marian</c>, <c>llama</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>The class name under <c>architectures</c>, e.g. <c>GPT2LMHeadModel</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>What the head says.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int DModel { get; init; }

    /// <summary>Width of word embeddings, that of the residual stream unless a matrix leads from one to the other (OPT 350M, ELECTRA,
    /// ALBERT).</summary>
    public int EmbeddingWidth { get => field == 0 ? DModel : field; init; }

    /// <summary>Number of blocks (Marian: of the encoder).</summary>
    public required int NLayers { get; init; }

    /// <summary>Number of blocks of Marian's decoder; 0 elsewhere.</summary>
    public int NDecoderLayers { get; init; }

    /// <summary>Query heads per block (Marian: of the encoder).</summary>
    public required int NHeads { get; init; }

    /// <summary>Number of token ids: 0 … VocabSize − 1.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Longest sequence, tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The names of the labels by index (<c>id2label</c>); empty where the head has no labels.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>
    /// Whether labels do not compete (<c>problem_type</c> is <c>multi_label_classification</c>, or there is one alone): each is true with
    /// probability σ(logit).
    /// </summary>
    public bool IsMultiLabel { get; init; }

    /// <summary>Whether a classifier of texts reads the first token (<c>[CLS]</c>) and not the last.</summary>
    public bool PoolsFirst { get; init; }

    /// <summary>
    /// Whether a classifier's outputs are numbers (<c>problem_type</c> is <c>regression</c>, or a cross-encoder of one output has the
    /// identity as its activation): what the head says is the answer, and there are no probabilities.
    /// </summary>
    public bool IsNumber { get; init; }

    /// <summary>The id that fills batches, or null.</summary>
    public int? PadId { get; init; }

    /// <summary>The ids that end a text; empty when the config names none.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>The id that begins a text, or null.</summary>
    public int? BosId { get; init; }

    /// <summary>The id Marian's decoder starts with; null elsewhere.</summary>
    public int? DecoderStartId { get; init; }
}
