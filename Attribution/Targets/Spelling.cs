using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>How token ids read.</summary>
public static class Spelling
{
    /// <summary>The tokenizer of what a model writes: Marian's target side, else the model's own; null when there is none.</summary>
    public static ITokenizer? OfWritten(ITransformer model) => model.Tokenizer is MarianTokenizer marian ? marian.Target : model.Tokenizer;

    /// <summary>A token as the vocabulary spells it: <c>##ing</c>, <c>Ġthe</c>; <c>#17</c> where there is none.</summary>
    public static string Piece(int id, ITokenizer? tokenizer) =>
        tokenizer is not null && tokenizer.Vocabulary.Contains(id) ? tokenizer.Vocabulary.PieceOf(id)
            : FormattableString.Invariant($"#{id}");

    /// <summary>A token by itself: its text, with the space before a word; its piece where it has no text of its own, such as some bytes
    /// of a character.</summary>
    public static string Of(int id, ITokenizer? tokenizer) =>
        tokenizer is not null && tokenizer.Vocabulary.Contains(id) && tokenizer.Decode([id], skipSpecial: false) is { Length: > 0 } text
            && !text.Contains('\uFFFD', StringComparison.Ordinal) ? text : Piece(id, tokenizer);

    /// <summary>The same without the space, or the vocabulary's mark, before a word.</summary>
    public static string Bare(int id, ITokenizer? tokenizer) =>
        Of(id, tokenizer) is var text && text is [' ' or 'Ġ' or '▁', _, ..] ? text[1..] : text;
}
