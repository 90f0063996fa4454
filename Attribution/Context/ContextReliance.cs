namespace Vitrine.Attributions;

/// <summary>What a written text owes to its context: which tokens depend on it, and which tokens of the context they come from.</summary>
public sealed record ContextReliance
{
    /// <summary>The step function that tells how much a token depends on the context: <c>kl_divergence</c>, <c>pcxmi</c>…</summary>
    public required string Metric { get; init; }

    /// <summary>From this |score| on a written token counts as sensitive: mean + k standard deviations.</summary>
    public required double Threshold { get; init; }

    /// <summary>Every written token.</summary>
    public required IReadOnlyList<WrittenToken> Written { get; init; }

    /// <summary>The cues of each sensitive token, the most sensitive token first; empty when none is sensitive.</summary>
    public required IReadOnlyList<ContextCues> Cues { get; init; }

    /// <summary>The attribution of the sensitive tokens, in the order of <see cref="Cues"/>, to the tokens of the context; null when none
    /// is sensitive.</summary>
    public AttributionResult? Attribution { get; init; }
}

/// <summary>A written token, with and without its context.</summary>
/// <param name="Label">How it reads.</param>
/// <param name="Id">Token id.</param>
/// <param name="Score">The metric: 0 where the context changes nothing.</param>
/// <param name="Probability">The model's probability of it with the context, 0–1.</param>
/// <param name="ProbabilityWithout">The same without.</param>
/// <param name="IsSensitive">Whether the score reaches the threshold.</param>
public sealed record WrittenToken(string Label, int Id, double Score, double Probability, double ProbabilityWithout, bool IsSensitive);

/// <summary>Where a sensitive token comes from.</summary>
/// <param name="Token">Its number among the written tokens, from 0.</param>
/// <param name="Alternative">What the model would write in its place without the context; the same where only the probability
/// changes.</param>
/// <param name="AlternativeId">Its token id.</param>
/// <param name="Threshold">From this |score| on a token of the context counts as a cue.</param>
/// <param name="Cues">The cues, strongest first.</param>
public sealed record ContextCues(int Token, string Alternative, int AlternativeId, double Threshold, IReadOnlyList<ContextCue> Cues);

/// <summary>A token of the context that a written token comes from.</summary>
/// <param name="Side">Index of its side in the attribution.</param>
/// <param name="Position">Its position among the tokens of the context on that side.</param>
/// <param name="Piece">How it reads.</param>
/// <param name="Score">What it contributes to the contrast.</param>
public sealed record ContextCue(int Side, int Position, string Piece, double Score);
