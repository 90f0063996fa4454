
namespace Vitrine.Transformers;

/// <summary>GPT-2's way to write any byte as one visible character, so that pieces of raw bytes are ordinary strings.</summary>
/// <remarks>Printable bytes of Latin-1 stand for themselves; the other 68 take the characters from U+0100 on, in order: a
/// space becomes <c>Ġ</c>, a line feed <c>Ċ</c> (openai/gpt-2 encoder.py, bytes_to_unicode).</remarks>
internal static class ByteAlphabet
{
    private static readonly char[] Chars = new char[256];
    private static readonly short[] Bytes = new short[0x100 + 68];   // -1 where a character stands for no byte

    static ByteAlphabet()
    {
        Array.Fill(Bytes, (short)-1);
        int next = 0x100;
        for (int b = 0; b < 256; b++)
        {
            bool visible = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            Chars[b] = (char)(visible ? b : next++);
            Bytes[Chars[b]] = (short)b;
        }
    }

    /// <summary>The character that stands for a byte.</summary>
    public static char ToChar(byte value) => Chars[value];

    /// <summary>The text spelled in this alphabet: each byte of its UTF-8 form as one character.</summary>
    public static AlignedText Spell(AlignedText text)
    {
        var builder = new AlignedTextBuilder(text);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (AlignedRune rune in text.Runes())
        {
            System.Text.Rune known = System.Text.Rune.TryCreate(rune.Value, out System.Text.Rune r) ? r : System.Text.Rune.ReplacementChar;
            foreach (byte b in utf8[..known.EncodeToUtf8(utf8)])
            {
                builder.Append(ToChar(b), rune.Origin);
            }
        }

        return builder.ToText();
    }

    /// <summary>The bytes that <paramref name="piece"/> spells; its own UTF-8 where it is not written in this alphabet.</summary>
    public static byte[] ToBytes(string piece)
    {
        var bytes = new byte[piece.Length];
        for (int i = 0; i < piece.Length; i++)
        {
            if (piece[i] >= Bytes.Length || Bytes[piece[i]] < 0)
            {
                return System.Text.Encoding.UTF8.GetBytes(piece);
            }

            bytes[i] = (byte)Bytes[piece[i]];
        }

        return bytes;
    }
}

/// <summary>Joins byte-level pieces: their bytes in a row, read as UTF-8; bytes that form no character become U+FFFD.</summary>
internal sealed class ByteLevelDecoder : IPieceDecoder
{
    public string Decode(IReadOnlyList<string> pieces) =>
        System.Text.Encoding.UTF8.GetString([.. pieces.SelectMany(ByteAlphabet.ToBytes)]);
}
