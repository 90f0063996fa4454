using System.Text;
using Vitrine.Tests.Support;

namespace Vitrine.Tests.Fuzz;

/// <summary>
/// Makes broken files of good ones: bytes that flip, go, come twice or stand elsewhere, and JSON whose values are of another kind. A seed
/// decides everything.
/// </summary>
internal sealed class Mutator(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>A broken copy; of JSON also with the structure changed.</summary>
    public byte[] Break(byte[] file, bool isJson)
    {
        byte[] broken = isJson && _random.Next(3) > 0
            ? Encoding.UTF8.GetBytes(new JsonMutator(seed).Mutate(Encoding.UTF8.GetString(file))) : Bytes(file);
        return _random.Next(4) == 0 ? Bytes(broken) : broken;
    }

    /// <summary>A broken copy of a file that begins with eight bytes of length and a JSON header, whose length is fixed.</summary>
    public byte[] BreakHeader(byte[] file)
    {
        int length = (int)BitConverter.ToUInt64(file);
        byte[] header = Break(file[8..(8 + length)], isJson: true);
        return [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. file.AsSpan(8 + length)];
    }

    private byte[] Bytes(byte[] file)
    {
        List<byte> bytes = [.. file];
        for (int times = 1 + _random.Next(4); times > 0 && bytes.Count > 0; times--)
        {
            int at = _random.Next(bytes.Count), length = Math.Min(bytes.Count - at, 1 << _random.Next(8));
            switch (_random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 5:
                    bytes.InsertRange(at, Enumerable.Range(0, length).Select(_ => (byte)_random.Next(256)));
                    break;
                case 6:
                    byte same = (byte)"\0\u00ff{[\"9 "[_random.Next(7)];
                    for (int i = at; i < at + length; i++)
                    {
                        bytes[i] = same;
                    }
                    break;
                default:
                    List<byte> moved = bytes.GetRange(at, length);
                    bytes.RemoveRange(at, length);
                    bytes.InsertRange(_random.Next(bytes.Count + 1), moved);
                    break;
            }
        }
        return [.. bytes];
    }
}
