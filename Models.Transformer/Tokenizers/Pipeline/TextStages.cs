namespace Vitrine.Transformers;

/// <summary>Rewrites a text before it is split: case, accents, spaces.</summary>
internal interface INormalizer
{
    AlignedText Normalize(AlignedText text);
}

/// <summary>Splits normalised text into the words that the subword model then works on one by one.</summary>
internal interface IPreTokenizer
{
    /// <summary>Spans of words inside <paramref name="text"/>, in order, without overlap; what lies between is dropped.</summary>
    IEnumerable<TextSpan> Split(string text, TextSpan part);
}

/// <summary>Turns one word into pieces of a vocabulary.</summary>
internal interface ISubwordModel
{
    string Name { get; }

    /// <summary>Appends the pieces of the word that <paramref name="word"/> covers in <paramref name="text"/>.</summary>
    /// <param name="text">The normalised text.</param>
    /// <param name="word">The word in it.</param>
    /// <param name="pieces">Receives the pieces; their spans are positions in <paramref name="text"/>.</param>
    /// <param name="steps">Receives the hidden steps, or null where nobody asked.</param>
    void Tokenize(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps);
}

/// <summary>A piece, its spelling, and the part of the normalised text it stands for.</summary>
/// <param name="Id">Vocabulary id.</param>
/// <param name="Text">Spelling.</param>
/// <param name="Span">Code units of the normalised text.</param>
/// <param name="StartsWord">Set by models that find word boundaries themselves: this piece begins a new word.</param>
internal readonly record struct SubwordPiece(int Id, string Text, TextSpan Span, bool StartsWord = false);

/// <summary>Puts pieces together into text again.</summary>
internal interface IPieceDecoder
{
    string Decode(IEnumerable<string> pieces);
}
