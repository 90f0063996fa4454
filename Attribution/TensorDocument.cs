using System.Buffers.Binary;
using System.Text.Json;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>A tensor in JSON: its shape, and its float32 values, row-major, little-endian, in base64.</summary>
internal sealed record TensorDocument
{
    public required int[] Shape { get; init; }

    public required byte[] Data { get; init; }

    /// <summary>How many numbers a shape of a file holds; −1 where an axis is below 0, or that is more than an array can.</summary>
    public static long Count(IReadOnlyList<int> shape)
    {
        Int128 count = 1;
        foreach (int axis in shape)
        {
            if (axis < 0)
            {
                return -1;
            }
            count = Int128.Min(count * axis, long.MaxValue);
        }
        return count > Array.MaxLength ? -1 : (long)count;
    }

    public static TensorDocument? Of(Tensor? tensor)
    {
        if (tensor is null)
        {
            return null;
        }
        float[] values = tensor.ToArray();
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }
        return new() { Shape = tensor.Shape.Axes.ToArray(), Data = bytes };
    }

    public Tensor ToTensor()
    {
        if (Shape.Length is < 1 or > 8 || Data.Length % sizeof(float) != 0 || Count(Shape) != Data.Length / sizeof(float))
        {
            throw new JsonException($"A tensor of shape [{string.Join(", ", Shape)}] holds {Data.Length} bytes.");
        }
        float[] values = new float[Data.Length / sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(Data.AsSpan(i * sizeof(float)));
        }
        return Tensor.From(values, Tensors.Shape.Create(Shape));
    }
}
