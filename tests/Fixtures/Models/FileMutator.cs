using System.Buffers.Binary;

namespace Vitrine.Tests.Models.Weights;

/// <summary>Damages safetensors files and JSON texts in seeded, repeatable ways, from single bits to well-framed nonsense.</summary>
internal sealed class FileMutator(int seed)
{
    private static readonly byte[][] s_tokens =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", ",", ":", "null", "true", "\\", "\\ud800", "\0", " ", "//", "-", ".", "e9", "0", "1",
            "-1", "2147483648", "4294967296", "4611686018427387904", "9223372036854775807", "9223372036854775808",
            "18446744073709551615", "1e308", "0.5", "\"dtype\":\"F32\",", "\"shape\":[9223372036854775807,2],",
            "\"shape\":[4294967296,4294967296,4294967296],", "\"data_offsets\":[0,9223372036854775807],", "\"__metadata__\":{},",
            "\"F64\"", "\"BF16\"", "\"F8_E4M3\"", "../", "\ufeff", "\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
        [0xff, 0xfe],
        [0xed, 0xa0, 0x80],
    ];

    private static readonly ulong[] s_lengths =
        [0, 1, 2, 8, 100_000_000, 100_000_001, int.MaxValue, 1UL << 32, long.MaxValue, 1UL << 63, ulong.MaxValue - 7, ulong.MaxValue];

    private readonly Random _random = new(seed);

    /// <summary>One damaged copy of a safetensors file.</summary>
    public byte[] Mutate(byte[] file)
    {
        List<byte> bytes = [.. file];
        int header = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        switch (_random.Next(8))
        {
            case 0: // bits of the header, or of anything
                int reach = _random.Next(2) == 0 ? 8 + header : bytes.Count;
                for (int n = _random.Next(1, 10); n > 0; n--)
                {
                    bytes[_random.Next(reach)] ^= (byte)(1 << _random.Next(8));
                }
                break;
            case 1: // cut short
                int keep = _random.Next(2) == 0 ? _random.Next(bytes.Count) : _random.Next(Math.Min(bytes.Count, header + 16));
                bytes.RemoveRange(keep, bytes.Count - keep);
                break;
            case 2: // made longer
                for (int n = _random.Next(1, 100); n > 0; n--)
                {
                    bytes.Add((byte)_random.Next(256));
                }
                break;
            case 3: // another header length
                ulong length = _random.Next(2) == 0
                    ? s_lengths[_random.Next(s_lengths.Length)]
                    : (ulong)(header + _random.Next(-20, 20));
                WriteLength(bytes, length);
                break;
            case 4: // open brackets as deep as the file is long
                byte bracket = (byte)(_random.Next(2) == 0 ? '[' : '{');
                bytes = [.. bytes[..8], (byte)'{', .. Enumerable.Repeat(bracket, _random.Next(header))];
                WriteLength(bytes, (ulong)(bytes.Count - 8));
                break;
            default: // the header's text, with its length set right
                byte[] text = MutateText(file.AsSpan(8, header));
                bytes = [.. new byte[8], .. text, .. file.AsSpan(8 + header)];
                WriteLength(bytes, (ulong)text.Length);
                break;
        }
        return [.. bytes];
    }

    /// <summary>One damaged copy of a JSON text: numbers replaced, pieces doubled, moved, removed, tokens put in.</summary>
    public byte[] MutateText(ReadOnlySpan<byte> text)
    {
        List<byte> bytes = [.. text];
        for (int n = _random.Next(1, 4); n > 0; n--)
        {
            int at = _random.Next(bytes.Count);
            int count = Math.Min(_random.Next(1, 120), bytes.Count - at);
            List<byte> piece = bytes.GetRange(at, count);
            switch (_random.Next(5))
            {
                case 0:
                    bytes.InsertRange(at, s_tokens[_random.Next(s_tokens.Length)]);
                    break;
                case 1:
                    bytes.InsertRange(_random.Next(bytes.Count), piece);
                    break;
                case 2 when bytes.Count > count:
                    bytes.RemoveRange(at, count);
                    break;
                case 3:
                    bytes[at] = s_tokens[_random.Next(s_tokens.Length)][0];
                    break;
                default:
                    ReplaceNumber(bytes, at);
                    break;
            }
        }
        return [.. bytes];
    }

    private void ReplaceNumber(List<byte> bytes, int from)
    {
        int at = bytes.FindIndex(from, b => b is >= (byte)'0' and <= (byte)'9');
        if (at < 0)
        {
            return;
        }
        int end = bytes.FindIndex(at, b => b is < (byte)'0' or > (byte)'9');
        bytes.RemoveRange(at, (end < 0 ? bytes.Count : end) - at);
        bytes.InsertRange(at, _random.Next(2) == 0
            ? System.Text.Encoding.ASCII.GetBytes($"{_random.Next(0, 300)}")
            : s_tokens[_random.Next(17, 28)]);
    }

    private static void WriteLength(List<byte> bytes, ulong length)
    {
        byte[] front = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(front, length);
        bytes.RemoveRange(0, 8);
        bytes.InsertRange(0, front);
    }
}
