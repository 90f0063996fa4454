using System.Text;

namespace Vitrine.Transformers;

/// <summary>SentencePiece's normalisation: replacement rules, spaces written as <c>▁</c>, one space put in front.</summary>
/// <remarks>google/sentencepiece normalizer.cc. With removal of extra spaces on, as usual, a text of nothing but spaces becomes empty. What
/// a piece covers in the original reaches to where the next piece begins, so removed characters belong to the piece before them.</remarks>
internal sealed class SentencePieceNormalizer : INormalizer
{
    /// <summary>The visible form of a space.</summary>
    public const char Space = '▁';

    private const int Window = 32;   // code units that one rule may look at

    private readonly SentencePieceModel.Settings _settings;
    private readonly CharsMap? _rules;
    private readonly PieceTrie _untouchable = new();
    private readonly bool _anyUntouchable;
    // what rules make of one ASCII character before another; null where they look further
    private readonly string?[] _ascii = new string?[128];

    public SentencePieceNormalizer(SentencePieceModel model)
    {
        _settings = model.Normalization;
        _rules = _settings.CharsMap.Length > 0 ? new CharsMap(_settings.CharsMap, model.Source) : null;
        for (int i = 0; i < model.Kinds.Length; i++)
        {
            if (model.Kinds[i] == SentencePieceModel.PieceKind.UserDefined)
            {
                _untouchable.Add(model.Pieces.SpellingOf(i), i);
                _anyUntouchable = true;
            }
        }

        for (byte c = 0; _rules is not null && c < 128; c++)
        {
            bool looksFurther = false;
            for (byte next = 0; next < 128; next++)
            {
                looksFurther |= _rules.Match([c, next], out _) > 1;
            }

            _ascii[c] = looksFurther ? null
                : _rules.Match([c], out ReadOnlySpan<byte> made) > 0 ? System.Text.Encoding.UTF8.GetString(made)
                : ((char)c).ToString();
        }
    }

    public AlignedText Normalize(AlignedText text)
    {
        string source = text.Text;
        var writer = new Writer(text, _settings.EscapeSpaces ? Space : ' ');
        bool removes = _settings.RemoveExtraSpaces;
        int at = 0;
        while (removes && at < source.Length && Next(source, at, out int skipped).SequenceEqual(" "))
        {
            at += skipped;
        }

        if (at == source.Length)
        {
            return writer.ToText(at);
        }

        if (_settings.AddDummyPrefix)
        {
            writer.Append(" ", at);
        }

        bool afterSpace = removes;
        while (at < source.Length)
        {
            ReadOnlySpan<char> made = Next(source, at, out int length);
            made = afterSpace ? made.TrimStart(' ') : made;
            writer.Append(made, at);
            afterSpace = removes && (made.IsEmpty ? afterSpace : made[^1] == ' ');
            at += length;
        }

        return writer.ToText(removes ? writer.TrimEnd(at) : at);
    }

    /// <summary>What the characters at <paramref name="at"/> become, and how many code units they are.</summary>
    private ReadOnlySpan<char> Next(string text, int at, out int length)
    {
        if (_anyUntouchable && _untouchable.LongestMatch(text.AsSpan(at), out length) != PieceTrie.None)
        {
            return text.AsSpan(at, length);
        }

        bool plain = text[at] < 128 && (at + 1 == text.Length || text[at + 1] < 128);
        if (plain && (_rules is null || _ascii[text[at]] is not null))
        {
            length = 1;
            return _rules is null ? text.AsSpan(at, 1) : _ascii[text[at]];
        }

        bool known = Rune.TryGetRuneAt(text, at, out Rune rune);
        length = known ? rune.Utf16SequenceLength : 1;
        if (_rules is null)
        {
            return known ? text.AsSpan(at, length) : "\uFFFD";
        }

        Span<byte> utf8 = stackalloc byte[3 * (Window + 1)];
        int window = Math.Min(Window, text.Length - at);
        window += at + window < text.Length && char.IsHighSurrogate(text[at + window - 1]) ? 1 : 0;
        utf8 = utf8[..System.Text.Encoding.UTF8.GetBytes(text.AsSpan(at, window), utf8)];
        int matched = _rules.Match(utf8, out ReadOnlySpan<byte> made);
        if (matched == 0)
        {
            return known ? text.AsSpan(at, length) : "\uFFFD";
        }

        length = Units(utf8[..matched]);
        return System.Text.Encoding.UTF8.GetString(made);
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

    /// <summary>The text so far, with the place where each code unit began; a thread has one at a time.</summary>
    private sealed class Writer(AlignedText source, char space)
    {
        [ThreadStatic]
        private static (StringBuilder Text, List<TextSpan> Starts)? s_scratch;

        private readonly StringBuilder _text = Scratch().Text.Clear();
        private readonly List<TextSpan> _starts = Emptied(Scratch().Starts);

        private static (StringBuilder Text, List<TextSpan> Starts) Scratch() => s_scratch ??= (new(), []);

        private static List<TextSpan> Emptied(List<TextSpan> list)
        {
            list.Clear();
            return list;
        }

        public void Append(ReadOnlySpan<char> made, int at)
        {
            TextSpan start = At(at);
            foreach (char c in made)
            {
                _text.Append(c == ' ' ? space : c);
                _starts.Add(start);
            }
        }

        /// <summary>Drops spaces at the end; returns where the first of them began, else <paramref name="end"/>.</summary>
        public int TrimEnd(int end)
        {
            while (_text.Length > 0 && _text[^1] == space)
            {
                _text.Length--;
                end = _starts[^1].Start - At(0).Start;
                _starts.RemoveAt(_starts.Count - 1);
            }

            return end;
        }

        public AlignedText ToText(int end)
        {
            _starts.Add(At(end));
            return AlignedText.FromStarts(_text.ToString(), [.. _starts]);
        }

        private TextSpan At(int index)
        {
            int place = index < source.Length ? source.Origin(index).Start : source.Length > 0 ? source.Origin(index - 1).End : 0;
            return new TextSpan(place, place);
        }
    }
}
