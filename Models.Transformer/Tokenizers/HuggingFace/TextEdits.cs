using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>Smaller normalisations of tokenizer.json.</summary>
internal static class TextEdits
{
    /// <summary>Drops white space at the ends.</summary>
    public static AlignedText Strip(AlignedText text, bool left, bool right)
    {
        int start = left ? text.Length - text.Text.AsSpan().TrimStart().Length : 0;
        int end = right ? Math.Max(start, text.Text.AsSpan().TrimEnd().Length) : text.Length;
        return text.Slice(new TextSpan(start, end));
    }

    /// <summary>Writes something else wherever a pattern matches, with the origin of the last character replaced.</summary>
    public static AlignedText Replace(AlignedText text, ITextPattern pattern, string content)
    {
        if (!pattern.TryFind(text.Text, 0, text.Length, out TextSpan match))
        {
            return text;
        }

        var builder = new AlignedTextBuilder(text);
        int from = 0;
        do
        {
            builder.Copy(from, match.Start);
            builder.Append(content, text.Origin(Math.Max(match.Start, match.End - 1)));
            builder.Copy(match.Start, match.IsEmpty ? Math.Min(match.Start + 1, text.Length) : match.Start);
            from = Math.Max(match.End, match.Start + (match.IsEmpty ? 1 : 0));
        }
        while (from < text.Length && pattern.TryFind(text.Text, from, text.Length, out match));

        builder.Copy(Math.Min(from, text.Length), text.Length);
        return builder.ToText();
    }

    /// <summary>
    /// The characters that machine translation drops, and the ones it makes spaces of (Hugging Face tokenizers, normalizers/unicode).
    /// </summary>
    public static AlignedText Nmt(AlignedText text)
    {
        var builder = new AlignedTextBuilder(text);
        foreach (AlignedRune rune in text.Runes())
        {
            if (rune.Value is (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F)
            {
                continue;
            }

            bool space = rune.Value is 9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF
                or 0xFFFD;
            builder.Append(space ? ' ' : rune.Value, rune.Origin);
        }

        return builder.ToText();
    }

    /// <summary>
    /// A SentencePiece model's rules as Hugging Face applies them: by grapheme where it is short, else by character, the shortest rule that
    /// fits.
    /// </summary>
    /// <remarks>Hugging Face tokenizers, normalizers/precompiled. It differs from SentencePiece on stacked marks; and characters that a
    /// rule removes at the very beginning are not counted there, so that all origins come out that much too early: kept, for offsets are
    /// compared.</remarks>
    public static AlignedText Precompiled(AlignedText text, CharsMap rules)
    {
        var builder = new AlignedTextBuilder(text);
        Span<byte> utf8 = stackalloc byte[8];
        int uncounted = 0;
        for (int at = 0, length; at < text.Length; at += length)
        {
            length = StringInfo.GetNextTextElementLength(text.Text.AsSpan(at));
            ReadOnlySpan<char> grapheme = text.Text.AsSpan(at, length);
            int bytes = length > 5 ? 6 : System.Text.Encoding.UTF8.GetByteCount(grapheme);
            if (bytes < 6 && rules.TryRewrite(utf8[..System.Text.Encoding.UTF8.GetBytes(grapheme, utf8)], out string made))
            {
                Write(made, at, length);
                continue;
            }

            for (int i = 0, units; i < length; i += units)
            {
                CharacterClasses.CodeAt(text.Text, at + i, at + length, out units);
                if (rules.TryRewrite(utf8[..System.Text.Encoding.UTF8.GetBytes(grapheme.Slice(i, units), utf8)], out made))
                {
                    Write(made, at + i, units);
                }
                else
                {
                    Write(grapheme.Slice(i, units).ToString(), at + i, units);
                }
            }
        }

        return builder.ToText();

        // Character by character; what there is more of than before shares the last one's origin.
        void Write(string made, int at, int length)
        {
            uncounted += made.Length == 0 && builder.IsEmpty ? length : 0;
            for (int i = 0, units, source = 0; i < made.Length; i += units)
            {
                int code = CharacterClasses.CodeAt(made, i, made.Length, out units);
                CharacterClasses.CodeAt(text.Text, at + source, at + length, out int taken);
                int start = Math.Max(0, at + source - uncounted);
                builder.Append(code, text.Origin(start, start + taken));
                source = source + taken < length ? source + taken : source;
            }
        }
    }
}
