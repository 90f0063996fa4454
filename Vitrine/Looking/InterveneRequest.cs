using Vitrine.Attributions;

namespace Vitrine;

/// <summary>What to change in a model while it reads or writes a text, and what the changes are compared under.</summary>
public sealed record InterveneRequest
{
    /// <summary>The changes; all of them act together.</summary>
    public required IReadOnlyList<ActivationChange> Changes { get; init; }

    /// <summary>Strengths of added vectors, side by side, each a variant of its own; empty: each vector once.</summary>
    public IReadOnlyList<float> Strengths { get; init; } = [];

    /// <summary>
    /// Texts whose activations are averaged (<see cref="ChangeKind.Mean"/>) or drawn from (<see cref="ChangeKind.Resample"/>).
    /// </summary>
    public IReadOnlyList<string> Reference { get; init; } = [];

    /// <summary>Whether a mean is taken for every position by itself, over the reference texts that are so long.</summary>
    public bool PerPosition { get; init; }

    /// <summary>The text that <see cref="ChangeKind.Swap"/> and <see cref="ChangeKind.Subspace"/> take values from.</summary>
    public string? Source { get; init; }

    /// <summary>How many tokens the model writes under each variant; null: none.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Of an encoder–decoder what it is made to write; null: what it writes unchanged.</summary>
    public string? Target { get; init; }

    /// <summary>Of the draw of a reference text.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>For example <c>zero blocks.1.attn.hook_z:0, add</c>.</summary>
    public override string ToString() => string.Join(", ", Changes);
}
