using System.Buffers.Binary;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>A tensor in JSON: its shape, and its float32 values, row-major, little-endian, in base64.</summary>
internal sealed record TensorDocument
{
    public required int[] Shape { get; init; }

    public required byte[] Data { get; init; }

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
        float[] values = new float[Data.Length / sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(Data.AsSpan(i * sizeof(float)));
        }
        return Tensor.From(values, Tensors.Shape.Create(Shape));
    }
}
