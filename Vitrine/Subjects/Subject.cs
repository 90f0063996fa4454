using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>What is explained: the function a method sees, and what a reader should know with it.</summary>
internal sealed record Subject
{
    /// <summary>The function.</summary>
    public required ScoreFunction Function { get; init; }

    /// <summary>What the model said.</summary>
    public IReadOnlyList<Prediction> Predictions { get; init; } = [];

    /// <summary>Stretches of the text to point out.</summary>
    public IReadOnlyList<TextMark> Marks { get; init; } = [];

    /// <summary>The tokens of the text that the model wrote; empty where it writes none.</summary>
    public IReadOnlyList<WrittenPiece> Written { get; init; } = [];

    /// <summary>Facts for the heading.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];

    /// <summary>How the targets read, where their pieces do not say it well; empty: as they are.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>How a contrastive target reads.</summary>
    public static string Against(string label, string foil) => $"{label} (not {(foil.Trim(' ') is { Length: > 0 } word ? word : foil)})";

    /// <summary>A result with <see cref="Labels"/> in place of the pieces; a row of a whole text after them keeps its name.</summary>
    public AttributionResult Label(AttributionResult result) =>
        Labels.Count != result.Targets.Count(target => target.SequenceLength is null) ? result : result with
        {
            Targets = [.. result.Targets.Select((target, i) => i < Labels.Count ? target with { Label = Labels[i] } : target)],
        };
}
