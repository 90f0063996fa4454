namespace Vitrine.Transformers;

/// <summary>Rewrites a text before it is split: case, accents, spaces.</summary>
internal interface INormalizer
{
    AlignedText Normalize(AlignedText text);
}

/// <summary>A part of a normalised text that no stage has cut further yet.</summary>
/// <param name="Text">The text.</param>
/// <param name="Span">The part of it.</param>
internal readonly record struct TextPart(AlignedText Text, TextSpan Span)
{
    public static TextPart Whole(AlignedText text) => new(text, new TextSpan(0, text.Length));

    public ReadOnlySpan<char> Chars => Text.Text.AsSpan(Span.Start, Span.Length);
}

/// <summary>Splits normalised text into the words that the subword model then works on one by one.</summary>
internal interface IPreTokenizer
{
    /// <summary>Appends the words of <paramref name="part"/>, in order, without overlap; what lies between is dropped.</summary>
    void Split(TextPart part, List<TextPart> words);
}

/// <summary>Turns one word into pieces of a vocabulary.</summary>
internal interface ISubwordModel
{
    string Name { get; }

    /// <summary>Appends the pieces of the word that <paramref name="word"/> covers in <paramref name="text"/>.</summary>
    /// <param name="text">The normalised text.</param>
    /// <param name="word">The word in it.</param>
    /// <param name="pieces">Receives the pieces; their spans are positions in <paramref name="text"/>.</param>
    /// <param name="steps">Receives the hidden steps, or null where they are not asked for.</param>
    void Tokenize(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps);
}

/// <summary>A piece, and the part of the normalised text it stands for.</summary>
/// <param name="Id">Vocabulary id.</param>
/// <param name="Span">Code units of the normalised text.</param>
/// <param name="StartsWord">Set by models that find word boundaries themselves: this piece begins a new word.</param>
internal readonly record struct SubwordPiece(int Id, TextSpan Span, bool StartsWord = false);

/// <summary>Puts pieces together into text again.</summary>
internal interface IPieceDecoder
{
    string Decode(IReadOnlyList<string> pieces);
}
