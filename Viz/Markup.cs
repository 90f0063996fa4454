using System.Text;

namespace Vitrine.Viz;

/// <summary>Makes any text safe to show: in a terminal, in HTML, in XML.</summary>
public static class Markup
{
    /// <summary>
    /// The text with what cannot be seen made visible: control characters as their pictures (U+2400…), a lone surrogate and
    /// characters that reorder their surroundings as U+FFFD. After this no text can move a cursor or mirror a page.
    /// </summary>
    public static string Visible(string text)
    {
        int first = 0;
        while (first < text.Length && IsPlain(text[first]))
        {
            first++;
        }
        if (first == text.Length)
        {
            return text;
        }
        var shown = new StringBuilder(text.Length).Append(text, 0, first);
        foreach (Rune rune in text.AsSpan(first).EnumerateRunes()) // lone surrogates come out as U+FFFD
        {
            _ = rune.Value switch
            {
                '\n' => shown.Append('⏎'),
                < 0x20 => shown.Append((char)(0x2400 + rune.Value)),
                0x7F => shown.Append('\u2421'),
                (>= 0x80 and < 0xA0) or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x2028 or 0x2029 or 0xFFFE or 0xFFFF =>
                    shown.Append('\uFFFD'),
                _ => shown.Append(rune.ToString()),
            };
        }
        return shown.ToString();
    }

    /// <summary>The visible text with the five characters escaped that mean something in HTML and XML, also inside quotes.</summary>
    public static string Escape(string text)
    {
        text = Visible(text);
        return text.AsSpan().IndexOfAny("&<>\"'") < 0 ? text : text
            .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal);
    }

    // Between the controls and the first characters that reorder text nothing needs a change.
    private static bool IsPlain(char c) => c is (>= ' ' and < '\x7F') or (>= '\xA0' and < '\u2028');
}
