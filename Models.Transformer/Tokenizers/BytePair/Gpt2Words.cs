namespace Vitrine.Transformers;

/// <summary>GPT-2's words: a run of letters, of digits or of other signs, each with the one space before it; English
/// contractions; and what white space is left.</summary>
/// <remarks>Scans for the pattern of openai/gpt-2 encoder.py by hand,
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>: a .NET regular expression sees
/// halves of the characters beyond U+FFFF, and compiling one costs more than a short text. Nothing is dropped.</remarks>
internal sealed class Gpt2Words : IPreTokenizer
{
    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    public IEnumerable<TextSpan> Split(string text, TextSpan part)
    {
        for (int start = part.Start; start < part.End;)
        {
            int end = WordEnd(text, start, part.End);
            yield return new TextSpan(start, end);
            start = end;
        }
    }

    private static int WordEnd(string text, int start, int limit)
    {
        int contraction = ContractionLength(text.AsSpan(start, limit - start));
        if (contraction > 0)
        {
            return start + contraction;
        }

        // " ?" : one space goes with the run behind it, but not with further white space.
        int first = text[start] == ' ' && start + 1 < limit && KindAt(text, start + 1, limit, out _) != Kind.Space ? start + 1 : start;
        Kind kind = KindAt(text, first, limit, out _);
        int end = first;
        int last = first;
        while (end < limit && KindAt(text, end, limit, out int length) == kind)
        {
            last = end;
            end += length;
        }

        // "\s+(?!\S)": white space before a word leaves its last character to that word, unless it is the only one.
        return kind == Kind.Space && end < limit && last > start ? last : end;
    }

    /// <summary>Length of the English contraction that <paramref name="rest"/> begins with, or 0.</summary>
    private static int ContractionLength(ReadOnlySpan<char> rest) => rest switch
    {
        ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
        ['\'', 'r' or 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };

    private static Kind KindAt(string text, int index, int limit, out int length)
    {
        bool pair = index + 1 < limit && char.IsSurrogatePair(text[index], text[index + 1]);
        int code = pair ? char.ConvertToUtf32(text[index], text[index + 1]) : text[index];
        length = pair ? 2 : 1;
        return CharacterClasses.IsLetter(code) ? Kind.Letter
            : CharacterClasses.IsNumber(code) ? Kind.Number
            : CharacterClasses.IsWhiteSpace(code) ? Kind.Space
            : Kind.Other;
    }
}
