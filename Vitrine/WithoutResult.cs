using Vitrine.Viz;

namespace Vitrine;

/// <summary>What a model says with and without some tokens.</summary>
public sealed record WithoutResult
{
    /// <summary>What was explained. <c>[target]</c></summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>f(x). <c>[target]</c></summary>
    public required IReadOnlyList<double> Before { get; init; }

    /// <summary>f(x without the tokens). <c>[target]</c></summary>
    public required IReadOnlyList<double> After { get; init; }

    /// <summary>What stood in their place: <c>pad</c>.</summary>
    public required string Baseline { get; init; }

    /// <summary>The likeliest choices with all tokens, of the first target; empty where the model makes none.</summary>
    public IReadOnlyList<Choice> Said { get; init; } = [];

    /// <summary>The likeliest choices without them.</summary>
    public IReadOnlyList<Choice> SaysNow { get; init; } = [];

    /// <summary>For example <c>positive: 2.018 → 0.514</c>, a line per target.</summary>
    public override string ToString() => string.Join('\n', Targets.Select((target, t) =>
        $"{target}: {Numbers.Exact(Before[t])} → {Numbers.Exact(After[t])}"));
}
