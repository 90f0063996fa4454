using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>What a change does to an activation.</summary>
public enum ChangeKind
{
    /// <summary>0 in its place.</summary>
    Zero,

    /// <summary>Times <see cref="ActivationChange.Factor"/>.</summary>
    Scale,

    /// <summary>Its mean over reference texts, per position or over all.</summary>
    Mean,

    /// <summary>Its value in another text, drawn from the reference texts.</summary>
    Resample,

    /// <summary>Its value in a source text of as many tokens.</summary>
    Swap,

    /// <summary>A vector added, <see cref="ActivationChange.Factor"/> times.</summary>
    Add,

    /// <summary>What it says along a direction removed.</summary>
    Without,

    /// <summary>Its part in a subspace taken from a source text.</summary>
    Subspace,

    /// <summary>A block that adds nothing.</summary>
    Skip,

    /// <summary>No attention from some queries to some keys.</summary>
    Knockout,
}

/// <summary>One change of a forward pass as plain data: what <c>vitrine intervene</c> and a program's settings can write down.</summary>
public sealed record ActivationChange
{
    /// <summary>What is done.</summary>
    public required ChangeKind Kind { get; init; }

    /// <summary>Name or pattern of the hooks; null: where vector or subspace come from, of <see cref="ChangeKind.Without"/> every
    /// stream.</summary>
    public string? Hook { get; init; }

    /// <summary>One head or neuron; null: all.</summary>
    public int? Unit { get; init; }

    /// <summary>Which positions; of <see cref="ChangeKind.Knockout"/> the queries. Null: all, of a subspace its own.</summary>
    public InsidePositions? Positions { get; init; }

    /// <summary>The factor of <see cref="ChangeKind.Scale"/>, the strength of <see cref="ChangeKind.Add"/>.</summary>
    public float Factor { get; init; } = 1;

    /// <summary>The vector of <see cref="ChangeKind.Add"/>, the direction of <see cref="ChangeKind.Without"/>.</summary>
    public SteeringVector? Vector { get; init; }

    /// <summary>The subspace of <see cref="ChangeKind.Subspace"/>.</summary>
    public AlignedSubspace? Subspace { get; init; }

    /// <summary>The keys that a <see cref="ChangeKind.Knockout"/> hides.</summary>
    public InsidePositions? Keys { get; init; }

    /// <summary>The blocks of <see cref="ChangeKind.Skip"/> and <see cref="ChangeKind.Knockout"/>; null: all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>The stack of these blocks: <c>blocks</c>, <c>encoder</c> or <c>decoder</c>.</summary>
    public string Stack { get; init; } = "blocks";

    /// <summary>Reads a change from one text.</summary>
    /// <param name="kind">What is done.</param>
    /// <param name="text">
    /// <c>hook[:unit][@positions]</c>; with <c>=factor</c> after it for <see cref="ChangeKind.Scale"/>; <c>[hook[@positions]=]file</c> for
    /// vectors and subspaces; <c>[stack.]layer</c> for <see cref="ChangeKind.Skip"/>; <c>[queries&gt;]keys[:layers]</c>, queries being the
    /// last where none are named, for <see cref="ChangeKind.Knockout"/>.
    /// </param>
    /// <param name="path">From a file's name to where it lies; null: as it is.</param>
    /// <exception cref="VitrineException">The text is of another form, or the file holds something else.</exception>
    public static ActivationChange Parse(ChangeKind kind, string text, Func<string, string>? path = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        string Located(string file) => path?.Invoke(file) ?? file;
        (string place, string? value) = text.Split('=', 2) is [var left, var right] ? (left, right) : (text, null);
        switch (kind)
        {
            case ChangeKind.Skip:
                {
                    string[] parts = text.Split('.');
                    return parts.Length <= 2 && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
                        ? new() { Kind = kind, Layers = [layer], Stack = parts.Length == 2 ? parts[0] : "blocks" }
                        : throw Unclear(kind, text, "a block such as 1 or decoder.1");
                }
            case ChangeKind.Knockout:
                {
                    (string sets, string? layers) = text.Split(':', 2) is [var s, var l] ? (s, l) : (text, null);
                    (string queries, string keys) = sets.Split('>', 2) is [var q, var k] ? (q, k) : ("last", sets);
                    return new()
                    {
                        Kind = kind,
                        Positions = InsidePositions.Parse(queries),
                        Keys = InsidePositions.Parse(keys),
                        Layers = layers is null ? null : InsidePositions.Parse(layers).Only
                            ?? throw Unclear(kind, text, "layers such as :0,1"),
                    };
                }
            case ChangeKind.Add or ChangeKind.Without:
                return Placed(kind, value is null ? "" : place) with { Vector = SteeringVector.Load(Located(value ?? text)) };
            case ChangeKind.Subspace:
                return Placed(kind, value is null ? "" : place) with { Subspace = AlignedSubspace.Load(Located(value ?? text)) };
            case ChangeKind.Scale:
                return value is not null && float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float factor)
                    ? Placed(kind, place) with { Factor = factor }
                    : throw Unclear(kind, text, "hook=factor, e.g. blocks.0.hook_mlp_out=0.5");
            default:
                return Placed(kind, text) is { Hook: not null } placed ? placed
                    : throw Unclear(kind, text, "a hook such as blocks.0.attn.hook_z:1@last");
        }
    }

    /// <summary>Kind and place.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Kind.ToString().ToLowerInvariant()} {Hook}{(Unit is { } u ? $":{u}" : "")}{(Positions is { } p ? $"@{p}" : "")}");

    private static ActivationChange Placed(ChangeKind kind, string text)
    {
        (string rest, string? positions) = text.Split('@', 2) is [var r, var p] ? (r, p) : (text, null);
        (string hook, string? unit) = rest.Split(':', 2) is [var h, var u] ? (h, u) : (rest, null);
        int? number = unit is null ? null
            : int.TryParse(unit, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n
            : throw Unclear(kind, text, "the number of a head or neuron after the colon");
        return new()
        {
            Kind = kind,
            Hook = hook.Length > 0 ? hook : null,
            Unit = number,
            Positions = positions is null ? null : InsidePositions.Parse(positions),
        };
    }

    private static VitrineException Unclear(ChangeKind kind, string text, string expected) =>
        new($"{kind.ToString().ToLowerInvariant()}: not understood; got '{text}'; expected {expected}.");
}
