using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>When beam search stops looking for better sequences.</summary>
public enum EarlyStopping
{
    /// <summary>
    /// Hugging Face's <c>False</c>: when the best running beam, at its present length, cannot beat the worst finished one.
    /// </summary>
    No,

    /// <summary>Hugging Face's <c>True</c>: as soon as there are as many finished sequences as beams.</summary>
    Yes,

    /// <summary>Hugging Face's <c>"never"</c>: only when no length up to the limit could help.</summary>
    Never,
}

/// <summary>How to continue a text. Names and defaults are those of Hugging Face's <c>GenerationConfig</c>.</summary>
public sealed record GenerationOptions
{
    private const int Most = 1000; // sequences at a time

    /// <summary>Most tokens to add; at least 1, default 20. Setting it takes <see cref="MaxLength"/> away.</summary>
    public int MaxNewTokens
    {
        get;
        init
        {
            field = value;
            MaxLength = null;
        }
    } = 20;

    /// <summary>
    /// Most tokens in all, the prompt or the decoder's start token among them; null, the default, where <see cref="MaxNewTokens"/> alone
    /// counts.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>No end of text before so many tokens in all, the prompt or the decoder's start token among them; default 0.</summary>
    public int MinLength { get; init; }

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

    /// <summary>
    /// Divides (or, if negative, multiplies) the logits of tokens already there; 1 (default) does nothing. Keskar et al. 2019.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>No n-gram of this size twice; 0 (default) allows all.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Token sequences that must not appear.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWords { get; init; } = [];

    /// <summary>Tokens that must not appear.</summary>
    public IReadOnlyList<int> Suppressed { get; init; } = [];

    /// <summary>Tokens that must not come first.</summary>
    public IReadOnlyList<int> SuppressedAtBegin { get; init; } = [];

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

    /// <summary>
    /// Settings of a checkpoint's generation_config.json that are not implemented. They stop generation, not the loading of the model.
    /// </summary>
    public IReadOnlyList<string> Unsupported { get; init; } = [];

    /// <summary>The same for settings that only matter when tokens are drawn.</summary>
    public IReadOnlyList<string> UnsupportedDrawing { get; init; } = [];

    /// <summary>Settings of a checkpoint's generation_config.json that are not known here: text is written without them.</summary>
    public IReadOnlyList<string> NotObeyed { get; init; } = [];

    /// <summary>These options for prompts of one length: limits that count the prompt become limits of new tokens.</summary>
    /// <param name="prompt">Tokens of the prompt, padding included, or those the decoder starts with.</param>
    /// <exception cref="ModelException">The prompt alone reaches the limit.</exception>
    internal GenerationOptions For(int prompt)
    {
        GenerationOptions options = MaxLength is not { } most ? this
            : most > prompt ? this with { MaxNewTokens = most - prompt }
            : throw new ModelException($"generate: no room for a new token; got a prompt of {prompt} tokens; "
                + $"expected fewer than max_length, {most}. Give max_new_tokens.");
        return options with { MinNewTokens = Math.Max(MinNewTokens, MinLength - prompt), MinLength = 0, MaxLength = null };
    }

    /// <summary>What finished sequences are filled with while others go on.</summary>
    internal int Fill => PadId ?? (EosIds.Count > 0 ? EosIds[0] : 0);

    /// <summary>Checks the options against each other.</summary>
    /// <exception cref="ModelException">They contradict each other, or one is out of its range.</exception>
    /// <param name="vocabulary">Number of tokens the model has.</param>
    internal void Validate(int vocabulary)
    {
        Require(ForcedBosId is not { } first || (uint)first < (uint)vocabulary, "forced_bos_token_id", ForcedBosId
            ?? 0, $"a token of the model's {vocabulary}");
        Require(ForcedEosId is not { } last || (uint)last < (uint)vocabulary, "forced_eos_token_id", ForcedEosId
            ?? 0, $"a token of the model's {vocabulary}");
        Require(Unsupported.Count == 0, "setting in generation_config.json", string.Join(", ", Unsupported), "none that is not supported. "
            + "Pass options of your own");
        Require(MaxNewTokens >= 1, "max_new_tokens", MaxNewTokens, "at least 1");
        Require(NumBeams is >= 1 and <= Most, "num_beams", NumBeams, $"1 to {Most}");
        Require(NumReturnSequences is >= 1 and <= Most, "num_return_sequences", NumReturnSequences, $"1 to {Most}");
        Require(NumBeams == 1 || NumReturnSequences <= NumBeams, "num_return_sequences", NumReturnSequences,
            $"at most num_beams, {NumBeams}");
        Require(NumBeams > 1 || Sample || NumReturnSequences == 1, "num_return_sequences", NumReturnSequences,
            "1: greedy search finds one sequence. Sample, or use beams");
        Require(!(Sample && NumBeams > 1), "do_sample", "true with several beams", "one of the two: drawing from beams is not supported");
        Require(!Sample || UnsupportedDrawing.Count == 0, "setting in generation_config.json", string.Join(", ", UnsupportedDrawing),
            "none that is not supported. Pass options of your own");
        Require(!Sample || Temperature > 0, "temperature", Temperature,
            "above 0 when tokens are drawn, in generation_config.json or as an option; greedy search is what 0 would mean");
        Require(!Sample || TopK >= 0, "top_k", TopK, "at least 0");
        Require(!Sample || TopP is > 0 and <= 1, "top_p", TopP, "above 0, at most 1, in generation_config.json or as an option");
        Require(RepetitionPenalty > 0, "repetition_penalty", RepetitionPenalty, "above 0");
        Require(NoRepeatNgramSize >= 0, "no_repeat_ngram_size", NoRepeatNgramSize, "at least 0");
        Require(double.IsFinite(LengthPenalty), "length_penalty", LengthPenalty, "a finite number");

        static void Require(bool good, string name, object got, string expected)
        {
            if (!good)
            {
                throw new ModelException(string.Create(CultureInfo.InvariantCulture,
                    $"generate: bad {name}; got {got}; expected {expected}."));
            }
        }
    }
}
