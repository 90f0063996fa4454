using System.Runtime.InteropServices;

namespace Vitrine.Transformers;

/// <summary>The compiled replacement rules of a SentencePiece model: the longest rule that starts the text applies.</summary>
/// <remarks>Layout: the size of a trie in bytes, the trie, then all replacements, each ended by a zero byte. The trie is a
/// double array of 32-bit units (s-yata/darts-clone): a unit holds the label it is entered with, the offset of its
/// children, and whether a value follows; the child for byte c is at (node XOR offset) XOR c.</remarks>
internal sealed class CharsMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;
    private readonly string _source;

    public CharsMap(byte[] compiled, string source)
    {
        _source = source;
        uint size = compiled.Length >= 4 ? MemoryMarshal.Read<uint>(compiled) : 0;
        if (size == 0 || size % 4 != 0 || size > (uint)compiled.Length - 4)
        {
            throw Malformed();
        }

        _units = MemoryMarshal.Cast<byte, uint>(compiled.AsSpan(4, (int)size)).ToArray();
        _replacements = compiled[(4 + (int)size)..];
    }

    /// <summary>Finds the longest rule that <paramref name="text"/> starts with.</summary>
    /// <param name="text">UTF-8 text.</param>
    /// <param name="replacement">What to write instead, UTF-8; may be empty.</param>
    /// <returns>Bytes replaced; 0 where no rule applies.</returns>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        int longest = 0;
        uint value = 0;
        uint node = Offset(Unit(0));
        for (int i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            uint unit = Unit(node);
            if (Label(unit) != text[i])
            {
                break;
            }

            node ^= Offset(unit);
            if (HasValue(unit))
            {
                longest = i + 1;
                value = Value(Unit(node));
            }
        }

        replacement = longest > 0 ? Replacement(value) : [];
        return longest;
    }

    /// <summary>What the shortest rule that <paramref name="text"/> starts with writes instead of all of it.</summary>
    public bool TryRewrite(ReadOnlySpan<byte> text, out string replacement)
    {
        uint node = Offset(Unit(0));
        replacement = "";
        foreach (byte b in text)
        {
            node ^= b;
            uint unit = Unit(node);
            if (Label(unit) != b)
            {
                return false;
            }

            node ^= Offset(unit);
            if (HasValue(unit))
            {
                replacement = System.Text.Encoding.UTF8.GetString(Replacement(Value(Unit(node))));
                return true;
            }
        }

        return false;
    }

    // The highest bit marks a unit that holds a value; it makes such a unit's label differ from every byte.
    private static uint Label(uint unit) => unit & 0x800000FF;

    private static bool HasValue(uint unit) => (unit >> 8 & 1) == 1;

    private static uint Value(uint unit) => unit & 0x7FFFFFFF;

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);

    private uint Unit(uint index) => index < (uint)_units.Length ? _units[index] : throw Malformed();

    private ReadOnlySpan<byte> Replacement(uint at)
    {
        ReadOnlySpan<byte> rest = at < (uint)_replacements.Length ? _replacements.AsSpan((int)at) : throw Malformed();
        int end = rest.IndexOf((byte)0);
        return end >= 0 ? rest[..end] : throw Malformed();
    }

    private TokenizerException Malformed() =>
        new($"sentence_piece: malformed normalisation rules; "
            + $"got a broken precompiled_charsmap in {_source}; expected a complete model file.");
}
