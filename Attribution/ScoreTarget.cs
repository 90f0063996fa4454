namespace Vitrine.Attributions;

/// <summary>One number that is explained: a class, the start of an answer, a generated token.</summary>
public sealed record ScoreTarget
{
    /// <summary>How people call it: a label (<c>positive</c>), a piece (<c>Ġcat</c>), <c>start 14</c>.</summary>
    public required string Label { get; init; }

    /// <summary>Class number or token id; null where there is neither.</summary>
    public int? Id { get; init; }

    /// <summary>
    /// The position whose output is read, on the last side: a generated token is read one position before its own.
    /// Null where the whole input is summed up (classification).
    /// </summary>
    public int? Position { get; init; }

    /// <summary>
    /// How many leading positions of each side the number can depend on. Later positions get exactly 0 from every method,
    /// and the gradient at position p of a causal model needs only the targets that reach it. <c>[side]</c>
    /// </summary>
    public required IReadOnlyList<int> Reach { get; init; }
}
