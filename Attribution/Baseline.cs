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

    /// <summary>A word for every position, given by the caller.</summary>
    Words,

    /// <summary>Tokens that have replacements of their own, and another baseline for all others.</summary>
    Replacements,

    /// <summary>The input itself: for tokens without a replacement of their own.</summary>
    Keep,

    /// <summary>Embeddings given by the caller.</summary>
    Embeddings,

    /// <summary>The end-of-sequence token: no baseline of its own, but the one token that Inseq keeps in others.</summary>
    EndOfText,
}

/// <summary>
/// The input a method compares with: <c>zero</c>, <c>pad</c>, <c>unk</c>, <c>mask</c>, <c>token:ID</c>, given tokens or embeddings.
/// </summary>
public sealed record Baseline
{
    private Baseline(BaselineKind kind) => Kind = kind;

    /// <summary>Which kind.</summary>
    public BaselineKind Kind { get; }

    /// <summary>The token of <see cref="BaselineKind.Token"/>.</summary>
    public int? Id { get; private init; }

    /// <summary>The words of <see cref="BaselineKind.Words"/>: <c>[pos]</c>.</summary>
    public IReadOnlyList<string> Words { get; private init; } = [];

    /// <summary>From a token's name to its replacement, of <see cref="BaselineKind.Replacements"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Replacements { get; private init; } = [];

    /// <summary>What stands for the tokens that <see cref="Replacements"/> does not name; null: the model's own.</summary>
    public Baseline? Otherwise { get; private init; }

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

    /// <summary>The input itself, so that a token matters only where it has a replacement of its own.</summary>
    public static Baseline Keep { get; } = new(BaselineKind.Keep);

    /// <summary>A token of the caller's choice.</summary>
    public static Baseline Token(int id) => new(BaselineKind.Token) { Id = id };

    /// <summary>Another input of the same length, one array of token ids per side: <c>[pos]</c>.</summary>
    public static Baseline Given(params int[][] ids) => new(BaselineKind.Ids) { Ids = ids };

    /// <summary>
    /// One replacement per given token of the first input, in order; what is written after it, and a second input, stay as they are.
    /// </summary>
    /// <param name="words">Each a piece, the text of one token, <c>token:ID</c>, or empty for a token that stays.</param>
    public static Baseline PerToken(params string[] words) => new(BaselineKind.Words) { Words = words };

    /// <summary>Replacements for tokens by name, wherever they stand.</summary>
    /// <param name="replacements">From a token (as <see cref="TokenFilter"/> names it) to a piece, the text of one token, or
    /// <c>token:ID</c>; the first that fits counts.</param>
    /// <param name="otherwise">What stands for all other tokens; null: the model's own baseline.</param>
    public static Baseline Replacing(IReadOnlyList<KeyValuePair<string, string>> replacements, Baseline? otherwise = null) =>
        new(BaselineKind.Replacements) { Replacements = replacements, Otherwise = otherwise };

    /// <summary>Embeddings of the caller's choice, one per side: <c>[pos, d_model]</c>.</summary>
    public static Baseline Given(params Tensor[] embeddings) => new(BaselineKind.Embeddings) { Embeddings = embeddings };

    /// <summary>Reads <c>zero</c>, <c>pad</c>, <c>unk</c>, <c>mask</c>, <c>keep</c> or <c>token:ID</c>.</summary>
    /// <exception cref="VitrineException">It is none of these.</exception>
    public static Baseline Parse(string text) => text switch
    {
        "zero" => Zero,
        "pad" => Pad,
        "unk" => Unk,
        "mask" => Mask,
        "keep" => Keep,
        _ when text.StartsWith("token:", StringComparison.Ordinal)
        && int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out int id) => Token(id),
        _ => throw new VitrineException($"baseline: not known; got '{text}'; expected zero, pad, unk, mask, keep or token:ID."),
    };

    /// <summary>The form that <see cref="Parse"/> reads; <c>embeddings</c> for given ones.</summary>
    public override string ToString() => Kind switch
    {
        BaselineKind.Token => string.Create(CultureInfo.InvariantCulture, $"token:{Id}"),
        BaselineKind.Replacements =>
            string.Join(' ', Replacements.Select(pair => $"{pair.Key}={pair.Value}").Prepend(Otherwise?.ToString()).OfType<string>()),
        _ => Kind.ToString().ToLowerInvariant(),
    };
}
