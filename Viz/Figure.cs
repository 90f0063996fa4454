using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>Everything one picture shows: what was asked, what the model said, and what each method found.</summary>
public sealed record Figure
{
    /// <summary>The heading: usually the model's name.</summary>
    public required string Title { get; init; }

    /// <summary>What a reader wants to know first, by name: the task, the text's source, the device.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];

    /// <summary>What the model said, most probable first; empty where it makes no choice.</summary>
    public IReadOnlyList<Prediction> Predictions { get; init; } = [];

    /// <summary>One result per method, all over the same tokens.</summary>
    public required IReadOnlyList<AttributionResult> Results { get; init; }

    /// <summary>How far the methods agree, pair by pair; empty for one method.</summary>
    public IReadOnlyList<Agreement> Agreements { get; init; } = [];

    /// <summary>The strongest tokens of the last of <see cref="Results"/>, where that is a combination of the others; else empty.</summary>
    public IReadOnlyList<RankedToken> Ranking { get; init; } = [];

    /// <summary>
    /// What a written text owes to its context, where that was asked; <see cref="Results"/> then holds its attribution, if any.
    /// </summary>
    public ContextReliance? Context { get; init; }

    /// <summary>Spans of the first side's texts to point out: the answer inside its context.</summary>
    public IReadOnlyList<TextMark> Marks { get; init; } = [];

    /// <summary>The tokens of the written text, whichever of them are explained; empty where the model writes none.</summary>
    internal IReadOnlyList<WrittenPiece> Written { get; init; } = [];
}

/// <summary>A named fact of a heading.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The fact.</param>
public readonly record struct Fact(string Name, string Value)
{
    /// <summary>For example <c>task question answering</c>.</summary>
    public override string ToString() => $"{Name} {Value}";
}

/// <summary>One of a model's choices.</summary>
/// <param name="Label">The choice, in words.</param>
/// <param name="Probability">0–1; NaN where the model says a number.</param>
/// <param name="IsExplained">Whether the explanation is about this one.</param>
public readonly record struct Prediction(string Label, double Probability, bool IsExplained = false)
{
    /// <summary>The number that the model says, where it says one and no probability.</summary>
    public double? Value { get; init; }

    /// <summary>For example <c>positive 94.0 %</c>.</summary>
    public override string ToString() => $"{Label} {(Value is { } value ? Numbers.Exact(value) : Numbers.Percent(Probability))}";
}

/// <summary>A stretch of text to point out.</summary>
/// <param name="Text">Index of the text: 0 question, 1 context.</param>
/// <param name="Start">First character, in UTF-16 code units.</param>
/// <param name="End">One past the last.</param>
public readonly record struct TextMark(int Text, int Start, int End);

/// <summary>A token of a text that a model wrote, or was made to write.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Text">Its characters in that text, a space before it included.</param>
internal readonly record struct WrittenPiece(int Id, string Text);
