using System.Buffers.Binary;
using System.Globalization;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>The safetensors file that Inseq 0.7.1 puts, in base64, where an array stands: one tensor, <c>attribution</c>.</summary>
internal static class InseqSafetensors
{
    /// <summary>Writes it: header without spaces, filled up with blanks to a multiple of 8.</summary>
    public static byte[] Write(InseqArray array, InseqForm form)
    {
        byte[] data = InseqArray.Encode(array.Values, form);
        string type = form switch { InseqForm.Float8 => "F8_E4M3", InseqForm.Float16 => "F16", _ => "F32" };
        string header = string.Create(CultureInfo.InvariantCulture,
            $$$"""{"attribution":{"dtype":"{{{type}}}","shape":[{{{string.Join(',', array.Shape)}}}],"data_offsets":[0,{{{data.Length}}}]}}""");
        int length = (header.Length + 7) / 8 * 8;
        byte[] file = new byte[checked(8 + length + data.Length)];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)length);
        System.Text.Encoding.ASCII.GetBytes(header.PadRight(length), file.AsSpan(8));
        data.CopyTo(file, 8 + length);
        return file;
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="Tensors.VitrineException">It is damaged, or holds no such tensor.</exception>
    public static InseqArray Read(byte[] file)
    {
        if (file.Length < 8 || BinaryPrimitives.ReadUInt64LittleEndian(file) is var length && length > (ulong)(file.Length - 8))
        {
            throw InseqArray.Bad("an array that is no safetensors file");
        }
        int start = 8 + (int)length;
        JsonField tensor = JsonField.Parse("inseq json array", file[8..start].ToArray())["attribution"];
        int[] shape = [.. tensor["shape"].Items().Select(axis => axis.Whole(0, int.MaxValue))];
        int[] offsets = [.. tensor["data_offsets"].Items(least: 2).Select(offset => offset.Whole(0, file.Length - start))];
        if (offsets.Length != 2 || offsets[1] < offsets[0])
        {
            throw InseqArray.Bad("an array whose offsets do not fit its data");
        }
        float[] values = InseqArray.Decode(file.AsSpan(start + offsets[0], offsets[1] - offsets[0]), tensor["dtype"].Text());
        return TensorDocument.Count(shape) == values.Length
            ? new(shape, values) : throw InseqArray.Bad("an array whose shape does not fit its data");
    }
}
