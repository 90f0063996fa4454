using System.Text;

namespace Vitrine.Transformers;

/// <summary>A text on its way through normalisation: every code unit knows the span of the original it came from.</summary>
internal sealed class AlignedText
{
    private readonly TextSpan[]? _origins;   // null while the text is still a verbatim part of the original
    private readonly int _shift;             // where that part begins

    private AlignedText(string text, TextSpan[]? origins, int shift)
    {
        Text = text;
        _origins = origins;
        _shift = shift;
    }

    public string Text { get; }

    public int Length => Text.Length;

    /// <summary>The part of <paramref name="original"/> that <paramref name="span"/> covers, unchanged.</summary>
    public static AlignedText Verbatim(string original, TextSpan span) =>
        new(span.Length == original.Length ? original : span.Of(original), null, span.Start);

    public static AlignedText From(string text, TextSpan[] origins) => new(text, origins, 0);

    /// <summary>The part from <paramref name="span"/>, with the same origins.</summary>
    public AlignedText Slice(TextSpan span) =>
        span.Length == Length ? this : new(span.Of(Text), _origins?[span.Start..span.End], _shift + span.Start);

    /// <summary>Where code unit <paramref name="index"/> came from.</summary>
    public TextSpan Origin(int index) => _origins is null ? new(_shift + index, _shift + index + 1) : _origins[index];

    /// <summary>The smallest span of the original that covers code units <paramref name="start"/> to <paramref name="end"/>.</summary>
    public TextSpan Origin(int start, int end)
    {
        if (_origins is null)
        {
            return new(_shift + start, _shift + end);
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

    public int Length => _text.Length;

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

    public bool EndsWith(char c) => _text.Length > 0 && _text[^1] == c;

    public void RemoveLast()
    {
        _text.Length--;
        _origins.RemoveAt(_origins.Count - 1);
    }

    public AlignedText ToText() => AlignedText.From(_text.ToString(), [.. _origins]);
}
