namespace Vitrine.Transformers;

/// <summary>The words of GPT-4, Llama 3 and Qwen: letters with the one sign before them, digits in short groups, other signs with the line
/// ends after them, white space that ends in a line end, contractions in any case.</summary>
/// <remarks>Scans for <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// by hand, for the reasons given at <see cref="Gpt2Words"/>. It matches everywhere: nothing lies between words.</remarks>
/// <param name="digits">Digits in a group: 3 in GPT-4 and Llama 3, 1 in Qwen.</param>
internal sealed class Cl100kWords(int digits) : ITextPattern
{
    public bool TryFind(string text, int from, int end, out TextSpan match)
    {
        match = new TextSpan(from, WordEnd(text, from, end));
        return true;
    }

    private int WordEnd(string text, int start, int limit)
    {
        if (text[start] == '\'' && ContractionLength(text.AsSpan(start + 1, Math.Min(2, limit - start - 1))) is > 0 and int contraction)
        {
            return start + 1 + contraction;
        }

        CharacterKind first = CharacterKinds.At(text, start, limit, out int length);
        bool breaks = text[start] is '\r' or '\n';
        int next = start + length;
        if (first == CharacterKind.Letter
            || (first != CharacterKind.Number && !breaks && next < limit
                && CharacterKinds.At(text, next, limit, out _) == CharacterKind.Letter))
        {
            return CharacterKinds.RunEnd(text, next, limit, CharacterKind.Letter);
        }

        if (first == CharacterKind.Number)
        {
            for (int count = 1; count < digits && next < limit
                && CharacterKinds.At(text, next, limit, out length) == CharacterKind.Number; count++)
            {
                next += length;
            }

            return next;
        }

        bool sign = first == CharacterKind.Other;
        if (sign || (text[start] == ' ' && next < limit && CharacterKinds.At(text, next, limit, out _) == CharacterKind.Other))
        {
            next = CharacterKinds.RunEnd(text, next, limit, CharacterKind.Other);
            while (next < limit && text[next] is '\r' or '\n')
            {
                next++;
            }

            return next;
        }

        int end = CharacterKinds.RunEnd(text, start, limit, CharacterKind.Space);
        int lastBreak = text.AsSpan(start, end - start).LastIndexOfAny('\r', '\n');
        return lastBreak >= 0 ? start + lastBreak + 1

            // White space before a word leaves its last character to that word, unless it is the only one.
            : end < limit && end - start > 1 ? end - 1 : end;
    }

    // ſ (U+017F) is an s to every matcher that folds case.
    private static int ContractionLength(ReadOnlySpan<char> rest) => rest switch
    {
        ['s' or 'S' or 'ſ' or 't' or 'T' or 'm' or 'M' or 'd' or 'D', ..] => 1,
        ['r' or 'R' or 'v' or 'V', 'e' or 'E'] or ['l' or 'L', 'l' or 'L'] => 2,
        _ => 0,
    };
}
