using System.Text;

namespace Vitrine.Transformers;

/// <summary>SentencePiece's normalisation: replacement rules, spaces written as <c>▁</c>, one space put in front.</summary>
/// <remarks>google/sentencepiece normalizer.cc. With removal of extra spaces on, as usual, a text of nothing but spaces
/// becomes empty.</remarks>
internal sealed class SentencePieceNormalizer : INormalizer
{
    /// <summary>The visible form of a space.</summary>
    public const char Space = '▁';

    private readonly SentencePieceModel.Settings _settings;
    private readonly CharsMap? _rules;
    private readonly PieceTrie _untouchable = new();

    public SentencePieceNormalizer(SentencePieceModel model)
    {
        _settings = model.Normalization;
        _rules = _settings.CharsMap.Length > 0 ? new CharsMap(_settings.CharsMap, model.Source) : null;
        for (int i = 0; i < model.Kinds.Length; i++)
        {
            if (model.Kinds[i] == SentencePieceModel.PieceKind.UserDefined)
            {
                _untouchable.Add(model.Pieces.SpellingOf(i), i);
            }
        }
    }

    public AlignedText Normalize(AlignedText text)
    {
        var builder = new AlignedTextBuilder(text);
        bool afterSpace = _settings.RemoveExtraSpaces;
        char space = _settings.EscapeSpaces ? Space : ' ';
        foreach ((string replacement, TextSpan span) in Replacements(text.Text))
        {
            TextSpan origin = text.Origin(span.Start, span.End);
            foreach (char c in replacement)
            {
                if (c == ' ' && afterSpace)
                {
                    continue;
                }

                // The space in front comes from no character; it waits for the first one, so that nothing stays nothing.
                if (builder.Length == 0 && _settings.AddDummyPrefix)
                {
                    builder.Append(space, new TextSpan(origin.Start, origin.Start));
                }

                builder.Append(c == ' ' ? space : c, origin);
                afterSpace = false;
            }

            afterSpace = _settings.RemoveExtraSpaces && (replacement.Length == 0 ? afterSpace : replacement[^1] == ' ');
        }

        while (_settings.RemoveExtraSpaces && builder.EndsWith(space))
        {
            builder.RemoveLast();
        }

        return builder.ToText();
    }

    /// <summary>The text cut where rules apply: what to write, and the code units it replaces.</summary>
    private IEnumerable<(string Replacement, TextSpan Span)> Replacements(string text)
    {
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(text);   // a lone surrogate becomes U+FFFD
        for (int at = 0, unit = 0; at < utf8.Length;)
        {
            int literal = _untouchable.LongestPrefix(text.AsSpan(unit));
            string replacement = text.Substring(unit, literal);
            int length = System.Text.Encoding.UTF8.GetByteCount(replacement);
            if (literal == 0)
            {
                length = Rewrite(utf8.AsSpan(at), out replacement);
            }

            int units = Units(utf8.AsSpan(at, length));
            yield return (replacement, new TextSpan(unit, unit + units));
            at += length;
            unit += units;
        }
    }

    private int Rewrite(ReadOnlySpan<byte> utf8, out string replacement)
    {
        ReadOnlySpan<byte> bytes = [];
        int length = _rules?.Match(utf8, out bytes) ?? 0;
        if (length == 0)
        {
            Rune.DecodeFromUtf8(utf8, out _, out length);
            bytes = utf8[..length];
        }

        replacement = System.Text.Encoding.UTF8.GetString(bytes);
        return length;
    }

    /// <summary>UTF-16 code units of UTF-8 text: one per character, two beyond U+FFFF.</summary>
    private static int Units(ReadOnlySpan<byte> utf8)
    {
        int units = 0;
        foreach (byte b in utf8)
        {
            units += b >= 0xF0 ? 2 : (b & 0xC0) != 0x80 ? 1 : 0;
        }

        return units;
    }
}
