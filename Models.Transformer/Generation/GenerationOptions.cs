namespace Vitrine.Transformers;

/// <summary>When beam search stops looking for better sequences.</summary>
public enum EarlyStopping
{
    /// <summary>Hugging Face's <c>False</c>: when the best running beam, at its present length, cannot beat the worst finished one.</summary>
    No,

    /// <summary>Hugging Face's <c>True</c>: as soon as there are as many finished sequences as beams.</summary>
    Yes,

    /// <summary>Hugging Face's <c>"never"</c>: only when no length up to the limit could help.</summary>
    Never,
}

/// <summary>How to continue a text. Names and defaults are those of Hugging Face's <c>GenerationConfig</c>.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to add; at least 1, default 20.</summary>
    public int MaxNewTokens { get; init; } = 20;

    /// <summary>No end of text before so many new tokens; default 0.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>Number of beams; 1 (default) is greedy search or plain sampling.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>How many sequences to return per input; at most <see cref="NumBeams"/> in beam search.</summary>
    public int NumReturnSequences { get; init; } = 1;

    /// <summary>Beam score = Σ log p / length^penalty: above 0 favours longer sequences; default 1.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>When beam search stops.</summary>
    public EarlyStopping EarlyStopping { get; init; }

    /// <summary>Whether to draw tokens instead of taking the best.</summary>
    public bool Sample { get; init; }

    /// <summary>Divides the logits before sampling; above 0, default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Sample among the k best only; 0 means all. Default 50, as in Hugging Face.</summary>
    public int TopK { get; init; } = 50;

    /// <summary>Sample among the fewest best whose probability reaches this; 0–1, default 1 (all).</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Seed of the draws: the same seed gives the same text.</summary>
    public int Seed { get; init; }

    /// <summary>Divides (or, if negative, multiplies) the logits of tokens already there; 1 (default) does nothing. Keskar et al. 2019.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>No n-gram of this size twice; 0 (default) allows all.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Token sequences that must not appear.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWords { get; init; } = [];

    /// <summary>The first new token, or null to leave it free.</summary>
    public int? ForcedBosId { get; init; }

    /// <summary>The token forced at the length limit, or null.</summary>
    public int? ForcedEosId { get; init; }

    /// <summary>Tokens that end a sequence; empty: nothing does but the limit.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>What finished sequences are filled with; null: the first of <see cref="EosIds"/>.</summary>
    public int? PadId { get; init; }

    /// <summary>The token Marian's decoder starts with; null elsewhere.</summary>
    public int? DecoderStartId { get; init; }
}
