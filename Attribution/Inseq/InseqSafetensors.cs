using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vitrine.Attributions;

/// <summary>The safetensors file that Inseq 0.7.1 puts, in base64, where an array stands: one tensor, <c>attribution</c>.</summary>
internal static class InseqSafetensors
{
    /// <summary>Writes it: header without spaces, filled up with blanks to a multiple of 8.</summary>
    public static byte[] Write(InseqArray array, InseqForm form)
    {
        byte[] data = InseqArray.Encode(array.Values, form);
        string type = form switch { InseqForm.Float8 => "F8_E4M3", InseqForm.Float16 => "F16", _ => "F32" };
        string header = string.Create(CultureInfo.InvariantCulture, $$$"""{"attribution":{"dtype":"{{{type}}}","shape":[{{{string.Join(',', array.Shape)}}}],"data_offsets":[0,{{{data.Length}}}]}}""");
        int length = (header.Length + 7) / 8 * 8;
        byte[] file = new byte[checked(8 + length + data.Length)];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)length);
        Encoding.ASCII.GetBytes(header.PadRight(length), file.AsSpan(8));
        data.CopyTo(file, 8 + length);
        return file;
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="Tensors.VitrineException">It is damaged, or holds no such tensor.</exception>
    public static InseqArray Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < 8 || BinaryPrimitives.ReadUInt64LittleEndian(file) is var length && length > (ulong)(file.Length - 8))
        {
            throw InseqArray.Bad("an array that is no safetensors file");
        }
        int start = 8 + (int)length;
        try
        {
            using JsonDocument header = JsonDocument.Parse(file[8..start].ToArray());
            JsonElement tensor = header.RootElement.GetProperty("attribution");
            int[] shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt32())];
            int[] offsets = [.. tensor.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            float[] values = InseqArray.Decode(file[(start + offsets[0])..(start + offsets[1])], tensor.GetProperty("dtype").GetString() ?? "");
            return shape.Aggregate(1L, (n, axis) => n * axis) == values.Length ? new(shape, values) : throw InseqArray.Bad("an array whose shape does not fit its data");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw InseqArray.Bad("an array whose safetensors header is damaged");
        }
    }
}
