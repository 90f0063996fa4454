using System.Buffers.Binary;
using System.Text;

namespace Vitrine.Tests.Models.Weights;

/// <summary>Composes safetensors files byte by byte, right or wrong, independently of the writer under test.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A correct frame around any header and data.</summary>
    public static byte[] File(string header, params byte[] data) => File(Encoding.UTF8.GetBytes(header), data);

    /// <summary>A correct frame around any header bytes and data.</summary>
    public static byte[] File(byte[] header, params byte[] data) => Framed((ulong)header.Length, header, data);

    /// <summary>Any length in front of any header and data.</summary>
    public static byte[] Framed(ulong length, byte[] header, params byte[] data)
    {
        byte[] front = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(front, length);
        return [.. front, .. header, .. data];
    }

    /// <summary>A file with one tensor <c>x</c> of the given type, shape and bytes.</summary>
    public static byte[] One(string dtype, string shape, params byte[] data) =>
        File($$$"""{"x":{"dtype":"{{{dtype}}}","shape":{{{shape}}},"data_offsets":[0,{{{data.Length}}}]}}""", data);
}
