namespace Vitrine.Transformers;

/// <summary>What word patterns ask of a character: <c>\p{L}</c>, <c>\p{N}</c>, <c>\s</c> or none of them.</summary>
internal enum CharacterKind : byte
{
    Other,
    Letter,
    Number,
    Space,
}

/// <summary>Looks characters up: one byte for each of the 65,536 that are one code unit.</summary>
internal static class CharacterKinds
{
    private static readonly CharacterKind[] s_basic = [.. Enumerable.Range(0, 1 << 16).Select(Of)];

    /// <summary>
    /// The kind of the character at <paramref name="index"/>, and its length in code units; half a surrogate pair is of no kind.
    /// </summary>
    public static CharacterKind At(string text, int index, int limit, out int length)
    {
        char c = text[index];
        if (char.IsHighSurrogate(c) && index + 1 < limit && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return Of(char.ConvertToUtf32(c, text[index + 1]));
        }

        length = 1;
        return s_basic[c];
    }

    /// <summary>Where the run of characters of one kind that begins at <paramref name="index"/> ends; there, if there is none.</summary>
    public static int RunEnd(string text, int index, int limit, CharacterKind kind)
    {
        while (index < limit && At(text, index, limit, out int length) == kind)
        {
            index += length;
        }

        return index;
    }

    private static CharacterKind Of(int code) => CharacterClasses.IsLetter(code) ? CharacterKind.Letter
        : CharacterClasses.IsNumber(code) ? CharacterKind.Number
        : CharacterClasses.IsWhiteSpace(code) ? CharacterKind.Space
        : CharacterKind.Other;
}
