using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>What “absent” means: the kinds of input a method compares with.</summary>
public enum BaselineKind
{
    /// <summary>Embeddings of all zeros, special tokens included (Captum's default). On RMSNorm models that is a singular point.</summary>
    Zero,

    /// <summary>The padding token; special tokens are kept.</summary>
    Pad,

    /// <summary>The unknown token; special tokens are kept (Inseq's default: end-of-sequence kept).</summary>
    Unk,

    /// <summary>The mask token; special tokens are kept.</summary>
    Mask,

    /// <summary>A token of the caller's choice; special tokens are kept.</summary>
    Token,

    /// <summary>A token for every position, given by the caller; special tokens are what the caller makes them.</summary>
    Ids,

    /// <summary>Embeddings given by the caller.</summary>
    Embeddings,

    /// <summary>The end-of-sequence token: no baseline of its own, but the one token that Inseq keeps in others.</summary>
    EndOfText,
}

/// <summary>The input a method compares with: <c>zero</c>, <c>pad</c>, <c>unk</c>, <c>mask</c>, <c>token:ID</c>, or given embeddings.</summary>
public sealed record Baseline
{
    private Baseline(BaselineKind kind) => Kind = kind;

    /// <summary>Which kind.</summary>
    public BaselineKind Kind { get; }

    /// <summary>The token of <see cref="BaselineKind.Token"/>.</summary>
    public int? Id { get; private init; }

    /// <summary>The token ids of <see cref="BaselineKind.Ids"/>, one array per side: <c>[pos]</c>.</summary>
    public IReadOnlyList<int[]> Ids { get; private init; } = [];

    /// <summary>The embeddings of <see cref="BaselineKind.Embeddings"/>, one per side: <c>[pos, d_model]</c>.</summary>
    public IReadOnlyList<Tensor> Embeddings { get; private init; } = [];

    /// <summary>All-zero embeddings.</summary>
    public static Baseline Zero { get; } = new(BaselineKind.Zero);

    /// <summary>The padding token.</summary>
    public static Baseline Pad { get; } = new(BaselineKind.Pad);

    /// <summary>The unknown token.</summary>
    public static Baseline Unk { get; } = new(BaselineKind.Unk);

    /// <summary>The mask token.</summary>
    public static Baseline Mask { get; } = new(BaselineKind.Mask);

    /// <summary>A token of the caller's choice.</summary>
    public static Baseline Token(int id) => new(BaselineKind.Token) { Id = id };

    /// <summary>Another input of the same length, one array of token ids per side: <c>[pos]</c>.</summary>
    public static Baseline Given(params int[][] ids) => new(BaselineKind.Ids) { Ids = ids };

    /// <summary>Embeddings of the caller's choice, one per side: <c>[pos, d_model]</c>.</summary>
    public static Baseline Given(params Tensor[] embeddings) => new(BaselineKind.Embeddings) { Embeddings = embeddings };

    /// <summary>Reads <c>zero</c>, <c>pad</c>, <c>unk</c>, <c>mask</c> or <c>token:ID</c>.</summary>
    /// <exception cref="VitrineException">It is none of these.</exception>
    public static Baseline Parse(string text) => text switch
    {
        "zero" => Zero,
        "pad" => Pad,
        "unk" => Unk,
        "mask" => Mask,
        _ when text.StartsWith("token:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out int id) => Token(id),
        _ => throw new VitrineException($"baseline: not known; got '{text}'; expected zero, pad, unk, mask or token:ID."),
    };

    /// <summary>The form that <see cref="Parse"/> reads; <c>embeddings</c> for given ones.</summary>
    public override string ToString() => Kind == BaselineKind.Token
        ? string.Create(CultureInfo.InvariantCulture, $"token:{Id}")
        : Kind.ToString().ToLowerInvariant();
}
