using System.Text.Json.Serialization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>The answer of an attribution method: how much each token mattered for each target, and how that was found.</summary>
public sealed record AttributionResult
{
    /// <summary>Name of the method.</summary>
    public required string Method { get; init; }

    /// <summary>Which number of the targets was explained: <c>logit</c>, <c>probability</c>…</summary>
    public required string StepName { get; init; }

    /// <summary>The model, in words; null where there was none.</summary>
    public string? Model { get; init; }

    /// <summary>What was explained. <c>[target]</c></summary>
    public required IReadOnlyList<ExplainedTarget> Targets { get; init; }

    /// <summary>The scores, one entry per input of the model: <c>source</c>, and <c>target</c> for encoder–decoders.</summary>
    public required IReadOnlyList<SideScores> Sides { get; init; }

    /// <summary>
    /// What the decoder of an encoder–decoder read, its start token first, where scores are of the source alone; null elsewhere.
    /// </summary>
    public IReadOnlyList<InputToken>? TargetTokens { get; init; }

    /// <summary>Which source token every written token rests on; null where this is no translation, or it was not asked for.</summary>
    public IReadOnlyList<AlignmentLink>? Alignment { get; init; }

    /// <summary>How far the alignment is from a person's, 0–1; null where it was not asked for.</summary>
    public double? AlignmentErrorRate { get; init; }

    /// <summary>The parameters the method used, by name, as text.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The input it was compared with, as <see cref="Baseline.Parse"/> reads it; null where the method has none.</summary>
    public string? Baseline { get; init; }

    /// <summary>How the raw scores of a token became one; null where they were one already.</summary>
    public string? Aggregator { get; init; }

    /// <summary>Names of the axes that <see cref="Aggregator"/> went over, e.g. <c>d_model</c>, or <c>layer</c> and <c>head</c>.</summary>
    public IReadOnlyList<string> AggregatedAxes { get; init; } = [];

    /// <summary>What the scores of one target sum to, as the method says.</summary>
    public string? SumsTo { get; init; }

    /// <summary>The seed; null where nothing was random.</summary>
    public int? Seed { get; init; }

    /// <summary>What a reader should know before believing the numbers; empty when there is nothing.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Name → version of what computed this: <c>vitrine</c>, <c>dotnet</c>.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new Dictionary<string, string>();
}

/// <summary>One explained number.</summary>
public sealed record ExplainedTarget
{
    /// <summary>How people call it: a label, a piece, <c>start 14</c>.</summary>
    public required string Label { get; init; }

    /// <summary>Class number or token id; null where there is neither.</summary>
    public int? Id { get; init; }

    /// <summary>The position whose output was read, on the last side; null where the whole input is summed up.</summary>
    public int? Position { get; init; }

    /// <summary>Of a target that is a whole text: of how many explained tokens; null for a label, a place, one token.</summary>
    public int? SequenceLength { get; init; }

    /// <summary>The model's probability of the target, 0–1; null where it has none.</summary>
    public double? Probability { get; init; }

    /// <summary>f(x), the explained number itself.</summary>
    public required double Score { get; init; }

    /// <summary>Other numbers of the same target by their step's name, e.g. <c>entropy</c>; null when none was asked for.</summary>
    public IReadOnlyDictionary<string, double>? StepScores { get; init; }

    /// <summary>f(baseline); null where the method has no baseline.</summary>
    public double? BaselineScore { get; init; }

    /// <summary>The completeness gap Σ scores − (f(x) − f(baseline)); null where the method promises no completeness.</summary>
    public double? Delta { get; init; }

    /// <summary>How many leading positions of each side the number can depend on; later scores are 0. <c>[side]</c></summary>
    public required IReadOnlyList<int> Reach { get; init; }
}

/// <summary>The scores over the tokens of one input.</summary>
public sealed record SideScores
{
    /// <summary><c>source</c> or <c>target</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The texts of the tokens; empty where only ids were known.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>The tokens. <c>[pos]</c></summary>
    public required IReadOnlyList<InputToken> Tokens { get; init; }

    /// <summary>Positions from here on were generated or forced, not given.</summary>
    public required int GivenLength { get; init; }

    /// <summary>One score per target and token: <c>[target][pos]</c>.</summary>
    public required IReadOnlyList<float[]> Scores { get; init; }

    /// <summary>The scores before aggregation, <c>[target, pos, …]</c>; null unless asked for.</summary>
    [JsonIgnore]
    public Tensor? Raw { get; init; }

    /// <summary>
    /// Names of the axes of <see cref="Raw"/> after <c>target</c> and <c>pos</c>: <c>d_model</c>, or <c>layer</c> and <c>head</c>.
    /// </summary>
    public IReadOnlyList<string> RawAxes { get; init; } = [];

    [JsonInclude, JsonPropertyName("raw")]
    internal TensorDocument? RawDocument
    {
        get => TensorDocument.Of(Raw);
        init => Raw = value?.ToTensor();
    }
}
