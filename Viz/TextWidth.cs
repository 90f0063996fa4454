using System.Globalization;
using System.Text;

namespace Vitrine.Viz;

/// <summary>How many character cells a text takes in a terminal.</summary>
/// <remarks>
/// Two for East Asian wide and fullwidth characters and for emoji, none for combining marks and joiners: UAX #11 and UAX #29.
/// </remarks>
public static class TextWidth
{
    // First and last code point of the wide and fullwidth ranges of EastAsianWidth.txt, Unicode 15.
    private static readonly int[] s_wide =
    [
        0x1100, 0x115F, 0x231A, 0x231B, 0x2329, 0x232A, 0x23E9, 0x23EC, 0x23F0, 0x23F0, 0x23F3, 0x23F3, 0x25FD, 0x25FE,
        0x2614, 0x2615, 0x2648, 0x2653, 0x267F, 0x267F, 0x2693, 0x2693, 0x26A1, 0x26A1, 0x26AA, 0x26AB, 0x26BD, 0x26BE,
        0x26C4, 0x26C5, 0x26CE, 0x26CE, 0x26D4, 0x26D4, 0x26EA, 0x26EA, 0x26F2, 0x26F3, 0x26F5, 0x26F5, 0x26FA, 0x26FA,
        0x26FD, 0x26FD, 0x2705, 0x2705, 0x270A, 0x270B, 0x2728, 0x2728, 0x274C, 0x274C, 0x274E, 0x274E, 0x2753, 0x2755,
        0x2757, 0x2757, 0x2795, 0x2797, 0x27B0, 0x27B0, 0x27BF, 0x27BF, 0x2B1B, 0x2B1C, 0x2B50, 0x2B50, 0x2B55, 0x2B55,
        0x2E80, 0x303E, 0x3041, 0x3247, 0x3250, 0x4DBF, 0x4E00, 0xA4CF, 0xA960, 0xA97F, 0xAC00, 0xD7A3, 0xF900, 0xFAFF,
        0xFE10, 0xFE19, 0xFE30, 0xFE6F, 0xFF01, 0xFF60, 0xFFE0, 0xFFE6, 0x16FE0, 0x16FE4, 0x17000, 0x18DFF, 0x1AFF0, 0x1B2FF,
        0x1F004, 0x1F004, 0x1F0CF, 0x1F0CF, 0x1F18E, 0x1F18E, 0x1F191, 0x1F19A, 0x1F200, 0x1F320, 0x1F32D, 0x1F335,
        0x1F337, 0x1F37C, 0x1F37E, 0x1F393, 0x1F3A0, 0x1F3CA, 0x1F3CF, 0x1F3D3, 0x1F3E0, 0x1F3F0, 0x1F3F4, 0x1F3F4,
        0x1F3F8, 0x1F43E, 0x1F440, 0x1F440, 0x1F442, 0x1F4FC, 0x1F4FF, 0x1F53D, 0x1F54B, 0x1F54E, 0x1F550, 0x1F567,
        0x1F57A, 0x1F57A, 0x1F595, 0x1F596, 0x1F5A4, 0x1F5A4, 0x1F5FB, 0x1F64F, 0x1F680, 0x1F6C5, 0x1F6CC, 0x1F6CC,
        0x1F6D0, 0x1F6D2, 0x1F6D5, 0x1F6D7, 0x1F6DC, 0x1F6DF, 0x1F6EB, 0x1F6EC, 0x1F6F4, 0x1F6FC, 0x1F7E0, 0x1F7EB,
        0x1F7F0, 0x1F7F0, 0x1F90C, 0x1F93A, 0x1F93C, 0x1F945, 0x1F947, 0x1F9FF, 0x1FA70, 0x1FAFF, 0x20000, 0x2FFFD,
        0x30000, 0x3FFFD,
    ];

    /// <summary>Cells of a whole text: the sum over its grapheme clusters.</summary>
    public static int Of(string text)
    {
        int cells = 0;
        for (int start = 0; start < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text, start);
            cells += OfCluster(text.AsSpan(start, length));
            start += length;
        }
        return cells;
    }

    /// <summary>The longest beginning of a text that fits, with … where something was left out.</summary>
    public static string Cut(string text, int cells)
    {
        if (Of(text) <= cells)
        {
            return text;
        }
        int used = 1, end = 0; // one cell for the ellipsis
        while (end < text.Length)
        {
            int length = StringInfo.GetNextTextElementLength(text, end);
            used += OfCluster(text.AsSpan(end, length));
            if (used > cells)
            {
                break;
            }
            end += length;
        }
        return text[..end] + "…";
    }

    /// <summary>The text with spaces after it, to at least <paramref name="cells"/> cells.</summary>
    public static string PadRight(string text, int cells) => text + new string(' ', Math.Max(0, cells - Of(text)));

    // A cluster is as wide as its widest character: a base and its marks, the parts of a family emoji, a pair of flags.
    private static int OfCluster(ReadOnlySpan<char> cluster)
    {
        int widest = 0, flags = 0;
        foreach (Rune rune in cluster.EnumerateRunes())
        {
            flags += rune.Value is >= 0x1F1E6 and <= 0x1F1FF ? 1 : 0;
            widest = Math.Max(widest, rune.Value == 0xFE0F && widest > 0 ? 2 : Of(rune)); // U+FE0F asks for the emoji form
        }
        return flags == 2 ? 2 : widest;
    }

    /// <summary>Cells of one character: 0, 1 or 2.</summary>
    internal static int Of(Rune rune)
    {
        if (rune.Value < 0x300)
        {
            return rune.Value is < 0x20 or (>= 0x7F and < 0xA0) or 0xAD ? 0 : 1;
        }
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        if (category is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
        {
            return 0;
        }
        int place = Array.BinarySearch(s_wide, rune.Value);
        place = place >= 0 ? place : ~place;
        bool isWide = place < s_wide.Length && (s_wide[place] == rune.Value || place % 2 == 1);
        return isWide ? 2 : 1;
    }
}
