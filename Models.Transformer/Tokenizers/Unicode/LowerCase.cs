using System.Globalization;
using System.Text;

namespace Vitrine.Transformers;

/// <summary>Lower case as the reference tokenizers do it, independent of culture.</summary>
/// <remarks>Python's <c>str.lower</c> is the simple mapping of every character with two exceptions: <c>İ</c> becomes
/// <c>i</c> and a combining dot, and a capital sigma that ends a word becomes <c>ς</c> (The Unicode Standard, section 3.13,
/// Final_Sigma). Hugging Face's compiled tokenizers lack the second exception.</remarks>
internal static class LowerCase
{
    public static AlignedText Apply(AlignedText text, bool finalSigma)
    {
        var builder = new AlignedTextBuilder(text);
        int index = 0;
        foreach (AlignedRune rune in text.Runes())
        {
            switch (rune.Value)
            {
                case 'İ':
                    builder.Append("i\u0307", rune.Origin);
                    break;
                case 'Σ' when finalSigma && EndsWord(text.Text, index):
                    builder.Append('ς', rune.Origin);
                    break;
                default:
                    builder.Append(Rune.TryCreate(rune.Value, out Rune r) ? Rune.ToLowerInvariant(r).Value : rune.Value, rune.Origin);
                    break;
            }

            index += rune.Value > char.MaxValue ? 2 : 1;
        }

        return builder.ToText();
    }

    /// <summary>Whether a cased letter stands before <paramref name="index"/> and none after, looking past ignorable characters.</summary>
    private static bool EndsWord(string text, int index)
    {
        int before = index - 1;
        while (before >= 0 && IsCaseIgnorable(CodeAt(text, before)))
        {
            before--;
        }

        int after = index + 1;
        while (after < text.Length && IsCaseIgnorable(CodeAt(text, after)))
        {
            after++;
        }

        return before >= 0 && IsCased(CodeAt(text, before)) && !(after < text.Length && IsCased(CodeAt(text, after)));
    }

    /// <summary>The code point that the code unit at <paramref name="index"/> is part of.</summary>
    private static int CodeAt(string text, int index)
    {
        int start = index > 0 && char.IsSurrogatePair(text[index - 1], text[index]) ? index - 1 : index;
        return start + 1 < text.Length && char.IsSurrogatePair(text[start], text[start + 1])
            ? char.ConvertToUtf32(text[start], text[start + 1])
            : text[start];
    }

    /// <summary>Cased: cased letters, and the few letter-like symbols and ordinals that Unicode counts in.</summary>
    private static bool IsCased(int code) =>
        CharacterClasses.Category(code) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter
        || code is 'ª' or 'º' or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>Case_Ignorable: marks, modifiers, format characters, and the punctuation that stands inside words.</summary>
    private static bool IsCaseIgnorable(int code) =>
        CharacterClasses.Category(code) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || code is '\'' or '.' or ':' or '·' or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A;
}
