namespace Vitrine.Transformers;

/// <summary>GPT-2's words: a run of letters, of digits or of other signs, each with the one space before it; English
/// contractions; and what white space is left.</summary>
/// <remarks>Scans for the pattern of openai/gpt-2 encoder.py by hand,
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>: a .NET regular expression sees
/// halves of the characters beyond U+FFFF, and compiling one costs more than a short text. Nothing is dropped.</remarks>
internal sealed class Gpt2Words : ITextPattern
{
    public bool TryFind(string text, int from, int end, out TextSpan match)
    {
        match = new TextSpan(from, WordEnd(text, from, end));
        return true;
    }

    private static int WordEnd(string text, int start, int limit)
    {
        if (text[start] == '\'' && ContractionLength(text.AsSpan(start, Math.Min(3, limit - start))) is > 0 and int contraction)
        {
            return start + contraction;
        }

        // " ?" : one space goes with the run after it, but not with further white space.
        int first = text[start] == ' ' && start + 1 < limit && CharacterKinds.At(text, start + 1, limit, out _) != CharacterKind.Space
            ? start + 1
            : start;
        CharacterKind kind = CharacterKinds.At(text, first, limit, out _);
        int end = CharacterKinds.RunEnd(text, first, limit, kind);

        // "\s+(?!\S)": white space before a word leaves its last character to that word, unless it is the only one.
        return kind == CharacterKind.Space && end < limit && end - start > 1 ? end - 1 : end;
    }

    /// <summary>Length of the English contraction that <paramref name="rest"/> begins with, or 0.</summary>
    private static int ContractionLength(ReadOnlySpan<char> rest) => rest switch
    {
        ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
        ['\'', 'r' or 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };
}
