using System.Text;

namespace Vitrine.Transformers;

/// <summary>A text on its way through normalisation: every code unit knows the span of the original it came from.</summary>
internal sealed class AlignedText
{
    private readonly TextSpan[]? _origins;   // null while the text is still a verbatim part of the original, or has starts
    private readonly int[]? _starts;         // where each code unit begins, and one more for the end: a piece ends where the next begins
    private readonly int _shift;             // where a verbatim part begins
    private readonly int _added;             // code units before a verbatim part that come from none of the original

    private AlignedText(string text, int shift, TextSpan[]? origins = null, int[]? starts = null, int added = 0) =>
        (Text, _origins, _starts, _shift, _added) = (text, origins, starts, shift, added);

    public string Text { get; }

    public int Length => Text.Length;

    /// <summary>Whether it is a part of the original as it is.</summary>
    public bool IsVerbatim => _origins is null && _starts is null && _added == 0;

    /// <summary>The part of <paramref name="original"/> that <paramref name="span"/> covers, unchanged.</summary>
    public static AlignedText Verbatim(string original, TextSpan span) =>
        new(span.Length == original.Length ? original : span.Of(original), span.Start);

    public static AlignedText From(string text, TextSpan[] origins) => new(text, 0, origins);

    /// <summary>
    /// SentencePiece's way to align: only where each code unit begins in the original is known, and one more position for the end.
    /// </summary>
    public static AlignedText FromStarts(string text, int[] starts) => new(text, 0, starts: starts);

    /// <summary>The same where every code unit stands for one of the original, from <paramref name="shift"/> on, but for some
    /// <paramref name="added"/> before them.</summary>
    public static AlignedText OneByOne(string text, int shift, int added) => new(text, shift, added: added);

    /// <summary>The part from <paramref name="span"/>, with the same origins.</summary>
    public AlignedText Slice(TextSpan span) => span.Length == Length ? this
        : new(span.Of(Text), _shift + Math.Max(0, span.Start - _added), _origins?[span.Start..span.End],
            _starts?[span.Start..(span.End + 1)], Math.Max(0, _added - span.Start));

    /// <summary>Where code unit <paramref name="index"/> came from.</summary>
    public TextSpan Origin(int index) => _origins is not null ? _origins[index]
        : _starts is not null ? new(_starts[index], _starts[index])
        : index < _added ? new(_shift, _shift) : new(_shift + index - _added, _shift + index - _added + 1);

    /// <summary>The smallest span of the original that covers code units <paramref name="start"/> to <paramref name="end"/>.</summary>
    public TextSpan Origin(int start, int end)
    {
        if (_starts is not null)
        {
            return new(_starts[start], _starts[end]);
        }

        if (_origins is null)
        {
            return new(_shift + Math.Max(0, start - _added), _shift + Math.Max(0, end - _added));
        }

        // Characters without an origin of their own (an added prefix space) take no part; canonical reordering
        // of marks makes the first character not always the leftmost.
        var covered = new TextSpan(int.MaxValue, int.MinValue);
        for (int i = start; i < end; i++)
        {
            TextSpan origin = _origins[i];
            covered = origin.IsEmpty ? covered : new(Math.Min(covered.Start, origin.Start), Math.Max(covered.End, origin.End));
        }

        return covered.Start <= covered.End ? covered : start < end ? _origins[start] : default;
    }

    /// <summary>The text with one character in place of another.</summary>
    public AlignedText Map(char from, char to) =>
        Text.Contains(from) ? new(Text.Replace(from, to), _shift, _origins, _starts, _added) : this;

    /// <summary>The text with something before it that has the origin of its first character; nothing stays nothing.</summary>
    public AlignedText Prepend(string prefix) => Length == 0 ? this : WithBefore(prefix, Origin(0, FirstLength));

    /// <summary>The text with a character before it that comes from no character of the original.</summary>
    public AlignedText PrependFromNowhere(char prefix) => WithBefore(prefix.ToString(), new TextSpan(Origin(0).Start, Origin(0).Start));

    private int FirstLength => Length > 1 && char.IsSurrogatePair(Text[0], Text[1]) ? 2 : 1;

    private AlignedText WithBefore(string prefix, TextSpan origin)
    {
        var origins = new TextSpan[prefix.Length + Length];
        origins.AsSpan(0, prefix.Length).Fill(origin);
        for (int i = 0; i < Length; i++)
        {
            origins[prefix.Length + i] = Origin(i);
        }

        return From(prefix + Text, origins);
    }

    /// <summary>Code points with their origins; a lone surrogate comes through as itself.</summary>
    public IEnumerable<AlignedRune> Runes()
    {
        for (int i = 0; i < Text.Length; i++)
        {
            if (i + 1 < Text.Length && char.IsSurrogatePair(Text[i], Text[i + 1]))
            {
                yield return new AlignedRune(char.ConvertToUtf32(Text[i], Text[i + 1]), Origin(i, i + 2));
                i++;
            }
            else
            {
                yield return new AlignedRune(Text[i], Origin(i));
            }
        }
    }
}

/// <summary>One code point (or lone surrogate) and the span of the original it came from.</summary>
internal readonly record struct AlignedRune(int Value, TextSpan Origin);

/// <summary>Collects the result of one normalisation pass over <paramref name="source"/>.</summary>
internal sealed class AlignedTextBuilder(AlignedText source)
{
    private readonly StringBuilder _text = new(source.Length + 16);
    private readonly List<TextSpan> _origins = new(source.Length + 16);

    public bool IsEmpty => _text.Length == 0;

    public void Append(int code, TextSpan origin)
    {
        if (code > char.MaxValue)
        {
            string pair = char.ConvertFromUtf32(code);
            Append(pair[0], origin);
            Append(pair[1], origin);
        }
        else
        {
            _text.Append((char)code);
            _origins.Add(origin);
        }
    }

    public void Append(string text, TextSpan origin)
    {
        foreach (char c in text)
        {
            Append(c, origin);
        }
    }

    /// <summary>Appends a part of the source as it is.</summary>
    public void Copy(int start, int end)
    {
        _text.Append(source.Text, start, end - start);
        for (int i = start; i < end; i++)
        {
            _origins.Add(source.Origin(i));
        }
    }

    public AlignedText ToText() => AlignedText.From(_text.ToString(), [.. _origins]);
}
