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
    private readonly char[] _singles = new char[128]; // of these what is one character; else 0

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
            _singles[c] = _ascii[c] is [var one] ? one : '\0';
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
            writer.Prefix(' ', at);
        }

        bool afterSpace = removes;
        while (at < source.Length)
        {
            if (Single(source, at) is var one and not '\0')
            {
                if (one != ' ' || !afterSpace)
                {
                    writer.Append(one, at);
                }

                afterSpace = removes && one == ' ';
                at++;
                continue;
            }

            ReadOnlySpan<char> made = Next(source, at, out int length);
            made = afterSpace ? made.TrimStart(' ') : made;
            writer.Append(made, at, length);
            afterSpace = removes && (made.IsEmpty ? afterSpace : made[^1] == ' ');
            at += length;
        }

        return writer.ToText(removes ? writer.TrimEnd(at) : at);
    }

    /// <summary>What an ASCII character before another becomes where that is one character; else 0.</summary>
    private char Single(string text, int at) => text[at] < 128 && (at + 1 == text.Length || text[at + 1] < 128) && !_anyUntouchable
        ? _rules is null ? text[at] : _singles[text[at]] : '\0';

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
    private struct Writer(AlignedText source, char space)
    {
        [ThreadStatic]
        private static char[]? s_text;

        [ThreadStatic]
        private static int[]? s_starts;

        private char[] _text = s_text ??= new char[256];
        private int[] _starts = s_starts ??= new int[256];
        private int _count;
        private int _added;     // code units before the first of the source
        private bool _isUneven; // whether some code unit stands for none or for several

        /// <summary>Puts a character in front that stands for none of the source.</summary>
        public void Prefix(char made, int at)
        {
            _added = 1;
            Put(made, At(at));
        }

        /// <summary>Appends what a number of code units from <paramref name="at"/> on have become.</summary>
        public void Append(ReadOnlySpan<char> made, int at, int length)
        {
            _isUneven |= made.Length != 1 || length != 1;
            foreach (char c in made)
            {
                Put(c, At(at));
            }
        }

        /// <summary>Appends what one code unit has become.</summary>
        public void Append(char made, int at) => Put(made, At(at));

        /// <summary>Drops spaces at the end; returns where the first of them began, else <paramref name="end"/>.</summary>
        public int TrimEnd(int end)
        {
            while (_count > 0 && _text[_count - 1] == space)
            {
                _count--;
                end = _starts[_count] - At(0);
            }

            return end;
        }

        public readonly AlignedText ToText(int end)
        {
            string text = new(_text, 0, _count);
            int last = At(end), first = _count > _added ? _starts[_added] : last;
            // what is left out shows in where the end lies
            return !_isUneven && source.IsVerbatim && last - first == _count - _added
                ? AlignedText.OneByOne(text, first, Math.Min(_added, _count))
                : AlignedText.FromStarts(text, [.. _starts.AsSpan(0, _count), last]);
        }

        private void Put(char c, int start)
        {
            if (_count == _text.Length)
            {
                Array.Resize(ref _text, 2 * _count);
                Array.Resize(ref _starts, 2 * _count);
                (s_text, s_starts) = (_text, _starts);
            }

            (_text[_count], _starts[_count]) = (c == ' ' ? space : c, start);
            _count++;
        }

        private readonly int At(int index) =>
            index < source.Length ? source.Origin(index).Start : source.Length > 0 ? source.Origin(index - 1).End : 0;
    }
}
