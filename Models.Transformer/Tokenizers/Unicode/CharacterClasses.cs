using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>The character classes that reference tokenizers ask about, defined as they define them.</summary>
/// <remarks>Code points are plain integers so that a lone surrogate, which is no <see cref="System.Text.Rune"/>, has a class too.</remarks>
internal static class CharacterClasses
{
    public static UnicodeCategory Category(int code) => CharUnicodeInfo.GetUnicodeCategory(code);

    /// <summary>Unicode White_Space.</summary>
    public static bool IsWhiteSpace(int code) => code <= char.MaxValue && char.IsWhiteSpace((char)code);

    /// <summary>BERT's control characters: categories Cc, Cf, Cs, Co, tab and line ends excepted. Unassigned code points
    /// (Cn) are not among them: which those are changes with every Unicode version.</summary>
    public static bool IsControl(int code) => code is not ('\t' or '\n' or '\r')
        && Category(code) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse;

    /// <summary>BERT's punctuation: all ASCII that is neither letter, digit, space nor control ($ + &lt; = &gt; ^ ` | ~
    /// included, although Unicode calls them symbols), and every category P*.</summary>
    public static bool IsPunctuation(int code) => code < 128
        ? code is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        : Category(code) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation
            or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
            or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;

    /// <summary>CJK ideographs as BERT counts them: not kana, not Hangul.</summary>
    public static bool IsCjkIdeograph(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F)
        or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>Unicode category L*.</summary>
    public static bool IsLetter(int code) => code < 128
        ? char.IsAsciiLetter((char)code)
        : Category(code) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter;

    /// <summary>Unicode category N*.</summary>
    public static bool IsNumber(int code) => code < 128
        ? char.IsAsciiDigit((char)code)
        : Category(code) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Unicode category Mn: accents and other marks that take no room of their own.</summary>
    public static bool IsNonSpacingMark(int code) => code >= 0x300 && Category(code) == UnicodeCategory.NonSpacingMark;

    /// <summary>Unicode category M*.</summary>
    public static bool IsMark(int code) => IsNonSpacingMark(code)
        || Category(code) is UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>The code point at <paramref name="index"/>, and its length in code units; a lone surrogate is itself.</summary>
    public static int CodeAt(string text, int index, int limit, out int length)
    {
        bool pair = char.IsHighSurrogate(text[index]) && index + 1 < limit && char.IsLowSurrogate(text[index + 1]);
        length = pair ? 2 : 1;
        return pair ? char.ConvertToUtf32(text[index], text[index + 1]) : text[index];
    }

    /// <summary>
    /// Characters of words as regular expressions see them, <c>\w</c>: letters, marks, decimal digits, letter numbers, connectors, joiners.
    /// </summary>
    public static bool IsWord(int code) => code < 128
        ? char.IsAsciiLetterOrDigit((char)code) || code == '_'
        : IsLetter(code) || IsMark(code) || code is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9)
            || Category(code) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
