using System.Text;

namespace Vitrine.Viz;

/// <summary>Keeps words that are written from right to left from moving the numbers next to them.</summary>
/// <remarks>
/// What reorders text would show <c>−0.03</c> after a Hebrew word as <c>0.03−</c>, before it. A left-to-right mark on both sides (UAX #9)
/// ends the word's influence; right-to-left marks inside keep its own punctuation on its own side. Marks take no cell, and terminals that
/// do not reorder skip them.
/// </remarks>
public static class Bidi
{
    private const string Left = "\u200E", Right = "\u200F";

    /// <summary>The text between marks where it holds letters written from the right; else the text.</summary>
    public static string Isolate(string text) => !IsRightToLeft(text) ? text : BeginsFromTheRight(text)
        ? Left + Right + text + Right + Left : Left + text + Left;

    /// <summary>Whether any letter is written from the right: Hebrew, Arabic, Syriac, Thaana, N'Ko and their neighbours.</summary>
    public static bool IsRightToLeft(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsRightToLeft(rune))
            {
                return true;
            }
        }
        return false;
    }

    // The first letter decides, as it does for dir="auto".
    private static bool BeginsFromTheRight(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsLetter(rune))
            {
                return IsRightToLeft(rune);
            }
        }
        return false;
    }

    private static bool IsRightToLeft(Rune rune) => rune.Value
        is (>= 0x590 and <= 0x8FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC) or (>= 0x10800 and <= 0x10FFF)
            or (>= 0x1E800 and <= 0x1EFFF);
}
