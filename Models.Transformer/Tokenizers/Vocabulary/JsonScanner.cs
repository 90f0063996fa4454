using System.Buffers.Text;
using System.Text.Unicode;

namespace Vitrine.Transformers;

/// <summary>Reads the part of JSON that vocabularies are made of: strings, whole numbers, punctuation.</summary>
internal ref struct JsonScanner(ReadOnlySpan<byte> json, string source)
{
    private readonly ReadOnlySpan<byte> _json = json;
    private int _at;

    public readonly int Length => _json.Length;

    /// <summary>Takes <paramref name="token"/> if it comes next, after white space.</summary>
    public bool TryTake(byte token)
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            _at++;
        }

        bool found = _at < _json.Length && _json[_at] == token;
        _at += found ? 1 : 0;
        return found;
    }

    public void Expect(byte token)
    {
        if (!TryTake(token))
        {
            throw Malformed($"expected '{(char)token}'");
        }
    }

    public void ExpectEnd()
    {
        TryTake(0);
        if (_at < _json.Length)
        {
            throw Malformed("expected the end of the file");
        }
    }

    public int ReadInteger()
    {
        TryTake(0);   // white space
        if (!Utf8Parser.TryParse(_json[_at..], out int value, out int used))
        {
            throw Malformed("expected a whole number");
        }

        _at += used;
        return value;
    }

    /// <summary>Writes the next string, unescaped, to the builder's reserve and returns its length.</summary>
    public int ReadString(VocabularyBuilder builder)
    {
        Expect((byte)'"');
        ReadOnlySpan<byte> rest = _json[_at..];
        int end = rest.IndexOfAny((byte)'"', (byte)'\\');
        int close = end;
        while (close >= 0 && rest[close] == '\\')
        {
            int next = close + 2 < rest.Length ? rest[(close + 2)..].IndexOfAny((byte)'"', (byte)'\\') : -1;
            close = next < 0 ? -1 : close + 2 + next;
        }

        if (close < 0)
        {
            throw Malformed("expected a closing quotation mark");
        }

        Span<char> target = builder.Reserve(close);   // UTF-8 and escapes are never shorter than what they stand for
        int length = end == close ? Decode(rest[..close], target) : Unescape(rest[..close], target);
        _at += close + 1;
        return length;
    }

    private readonly int Unescape(ReadOnlySpan<byte> text, Span<char> target)
    {
        int length = 0;
        while (text.Length > 0)
        {
            int plain = text.IndexOf((byte)'\\');
            plain = plain < 0 ? text.Length : plain;
            length += Decode(text[..plain], target[length..]);
            text = text[plain..];
            if (text.Length > 0)
            {
                target[length++] = Escape(text, out int used);
                text = text[used..];
            }
        }

        return length;
    }

    private readonly char Escape(ReadOnlySpan<byte> text, out int used)
    {
        used = 2;
        switch (text[1])
        {
            case (byte)'"' or (byte)'\\' or (byte)'/':
                return (char)text[1];
            case (byte)'b':
                return '\b';
            case (byte)'f':
                return '\f';
            case (byte)'n':
                return '\n';
            case (byte)'r':
                return '\r';
            case (byte)'t':
                return '\t';
            case (byte)'u' when text.Length >= 6 && Utf8Parser.TryParse(text.Slice(2, 4), out ushort unit, out used, 'x') && used == 4:
                used = 6;
                return (char)unit;
            default:
                throw Malformed("expected a JSON escape");
        }
    }

    private readonly int Decode(ReadOnlySpan<byte> text, Span<char> target) =>
        Utf8.ToUtf16(text, target, out _, out int written, replaceInvalidSequences: false) == System.Buffers.OperationStatus.Done
            ? written
            : throw Malformed("expected UTF-8");

    private readonly TokenizerException Malformed(string expected) =>
        new($"vocabulary: malformed JSON; got byte {_at} of {source}; {expected} there, in one object from piece to id.");
}
