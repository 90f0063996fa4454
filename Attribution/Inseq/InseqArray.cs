using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>An array of numbers in Inseq's JSON.</summary>
/// <remarks>
/// Three spellings are read: Inseq 0.7.1's, a whole safetensors file in base64 with one tensor called <c>attribution</c>; 0.6's compact one
/// (<c>b64:</c>, or <c>b64.gz:</c> where gzip makes it smaller by a tenth), and its plain one (nested lists). The first two are written.
/// </remarks>
/// <param name="Shape">Lengths of the axes.</param>
/// <param name="Values">Row-major; NaN where a token did not exist yet.</param>
public sealed record InseqArray(int[] Shape, float[] Values)
{
    private const string Plain = "b64:", Zipped = "b64.gz:";

    /// <summary>Reads an array.</summary>
    /// <exception cref="VitrineException">It is none of the three spellings, or its numbers do not fit its shape.</exception>
    internal static InseqArray Read(JsonField field)
    {
        if (field.Value.ValueKind == JsonValueKind.String)
        {
            return InseqSafetensors.Read(Bytes(field.Text()));
        }
        int[] shape = [.. field["shape"].Items().Select(axis => axis.Whole(0, int.MaxValue))];
        string type = field.Optional("dtype")?.Text() ?? "float32";
        JsonField data = field["__ndarray__"];
        float[] values = data.Value.ValueKind == JsonValueKind.String
            ? Decode(Unpack(data.Text(), TensorDocument.Count(shape)), type) : [.. Flat(data)];
        if (TensorDocument.Count(shape) != values.Length)
        {
            throw Bad(string.Create(CultureInfo.InvariantCulture, $"{values.Length} numbers for the shape [{string.Join(", ", shape)}]"));
        }
        return new(shape, field.Optional("Corder")?.Flag() is false ? FromColumns(values, shape) : values);
    }

    /// <summary>The array as Inseq writes it.</summary>
    internal JsonNode ToJson(InseqForm form)
    {
        if (form != InseqForm.Inseq06)
        {
            return Convert.ToBase64String(InseqSafetensors.Write(this, form));
        }
        byte[] bytes = Encode(Values, form), zipped = Gzip.Pack(bytes);
        bool isSmaller = zipped.Length <= 0.9 * bytes.Length;
        var array = new JsonObject();
        if (Shape.Length > 1)
        {
            array["Corder"] = true;
        }
        array["__ndarray__"] = isSmaller ? Zipped + Convert.ToBase64String(zipped) : Plain + Convert.ToBase64String(bytes);
        array["dtype"] = "float32";
        array["shape"] = new JsonArray([.. Shape.Select(axis => (JsonNode)axis)]);
        return array;
    }

    /// <summary>Numbers in the type of a form, little-endian.</summary>
    internal static byte[] Encode(float[] values, InseqForm form)
    {
        int size = form switch { InseqForm.Float8 => 1, InseqForm.Float16 => 2, _ => 4 };
        byte[] bytes = new byte[checked(values.Length * size)];
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> at = bytes.AsSpan(i * size, size);
            switch (form)
            {
                case InseqForm.Float8:
                    at[0] = Float8.Write(values[i]);
                    break;
                case InseqForm.Float16:
                    BinaryPrimitives.WriteHalfLittleEndian(at, (Half)values[i]);
                    break;
                default:
                    BinaryPrimitives.WriteSingleLittleEndian(at, values[i]);
                    break;
            }
        }
        return bytes;
    }

    /// <summary>Numbers of a type, as numpy or safetensors name it, in float32.</summary>
    internal static float[] Decode(ReadOnlySpan<byte> bytes, string type)
    {
        (int size, Func<byte[], float> read) = type switch
        {
            "float32" or "F32" => (4, (Func<byte[], float>)(b => BinaryPrimitives.ReadSingleLittleEndian(b))),
            "float16" or "F16" => (2, b => (float)BinaryPrimitives.ReadHalfLittleEndian(b)),
            "BF16" => (2, b => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(b) << 16)),
            "F8_E4M3" => (1, b => Float8.Read(b[0])),
            "float64" or "F64" => (8, b => (float)BinaryPrimitives.ReadDoubleLittleEndian(b)),
            "int64" or "I64" => (8, b => BinaryPrimitives.ReadInt64LittleEndian(b)),
            "int32" or "I32" => (4, b => BinaryPrimitives.ReadInt32LittleEndian(b)),
            _ => throw Bad($"numbers of type {type}"),
        };
        if (bytes.Length % size != 0)
        {
            throw Bad(string.Create(CultureInfo.InvariantCulture, $"{bytes.Length} bytes of {type}"));
        }
        float[] values = new float[bytes.Length / size];
        byte[] one = new byte[size];
        for (int i = 0; i < values.Length; i++)
        {
            bytes.Slice(i * size, size).CopyTo(one);
            values[i] = read(one);
        }
        return values;
    }

    internal static VitrineException Bad(string what) =>
        new($"inseq json: not understood; got {what}; expected what FeatureAttributionOutput.save writes.");

    private static byte[] Unpack(string data, long count)
    {
        if (data.StartsWith(Zipped, StringComparison.Ordinal))
        {
            try
            {
                return Gzip.Unpack(Bytes(data[Zipped.Length..]), Math.Max(0, count) * sizeof(double));
            }
            catch (InvalidDataException)
            {
                throw Bad("an array whose gzip is damaged, or holds more than its shape");
            }
        }
        return data.StartsWith(Plain, StringComparison.Ordinal)
            ? Bytes(data[Plain.Length..]) : throw Bad("an array that begins with neither b64: nor b64.gz:");
    }

    private static byte[] Bytes(string base64)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw Bad("an array that is not base64");
        }
    }

    private static IEnumerable<float> Flat(JsonField field) => field.Value.ValueKind switch
    {
        JsonValueKind.Array => field.Items().SelectMany(Flat),
        JsonValueKind.Null => [float.NaN],
        JsonValueKind.String => [field.Text() switch
        {
            "NaN" => float.NaN,
            "Infinity" => float.PositiveInfinity,
            "-Infinity" => float.NegativeInfinity,
            _ => throw field.Bad("is no number", "a number, NaN, Infinity or -Infinity"),
        }],
        _ => [(float)field.Number()],
    };

    // Fortran's order: the first axis runs fastest.
    private static float[] FromColumns(float[] values, int[] shape)
    {
        float[] rows = new float[values.Length];
        int[] at = new int[shape.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            int from = 0;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                from = (from * shape[axis]) + at[axis];
            }
            rows[i] = values[from];
            for (int axis = shape.Length - 1; axis >= 0 && ++at[axis] == shape[axis]; axis--)
            {
                at[axis] = 0;
            }
        }
        return rows;
    }
}
