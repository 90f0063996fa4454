using System.Text.Json.Nodes;

namespace Vitrine.Attributions;

/// <summary>What Inseq calls a <c>FeatureAttributionOutput</c>: explanations of written texts, with the settings that made them.</summary>
/// <param name="Info">The settings, as they stand in the file.</param>
/// <param name="Sequences">One explanation per text.</param>
public sealed record InseqOutput(JsonObject Info, IReadOnlyList<InseqSequence> Sequences);

/// <summary>One token in Inseq's terms.</summary>
/// <param name="Token">As the vocabulary spells it.</param>
/// <param name="Id">Its id.</param>
public readonly record struct InseqToken(string Token, int Id);

/// <summary>One explained text: a <c>FeatureAttributionSequenceOutput</c>.</summary>
public sealed record InseqSequence
{
    /// <summary>
    /// The class: <c>GranularFeatureAttributionSequenceOutput</c> (scores per embedding column), <c>MultiDimensional…</c> (per layer and
    /// head),
    /// <c>Coarse…</c> (one per token), or the plain one.
    /// </summary>
    public required string Class { get; init; }

    /// <summary>The tokens that were read: of an encoder, or of a prompt.</summary>
    public required IReadOnlyList<InseqToken> Source { get; init; }

    /// <summary>The tokens of the target: a decoder's start and what it wrote, or a prompt and its continuation.</summary>
    public required IReadOnlyList<InseqToken> Target { get; init; }

    /// <summary><c>[source, generated, …]</c>; null without an encoder.</summary>
    public InseqArray? SourceAttributions { get; init; }

    /// <summary><c>[target, generated, …]</c>, NaN where a token did not exist yet; null where only the source was explained.</summary>
    public InseqArray? TargetAttributions { get; init; }

    /// <summary>One number per generated token, by name. <c>[generated]</c></summary>
    public IReadOnlyDictionary<string, InseqArray> StepScores { get; init; } = new Dictionary<string, InseqArray>();

    /// <summary>Scores of the shape of attributions, by name.</summary>
    public IReadOnlyDictionary<string, InseqArray> SequenceScores { get; init; } = new Dictionary<string, InseqArray>();

    /// <summary>The first target token that is explained.</summary>
    public required int Start { get; init; }

    /// <summary>One past the last.</summary>
    public required int End { get; init; }
}
