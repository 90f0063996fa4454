using System.Globalization;
using System.Text;

namespace Vitrine.Tensors;

/// <summary>Prints tensors like numpy: nested brackets, long axes elided, shape and type at the end.</summary>
internal static class TensorPrinter
{
    private const int Edge = 3; // elements shown at each end of a long axis

    public static string Print(Tensor tensor)
    {
        var text = new StringBuilder("tensor(");
        string[] values = tensor.DType switch
        {
            DType.Float32 => [.. tensor.ToArray().Select(v => v.ToString("G6", CultureInfo.InvariantCulture))],
            DType.Int32 => [.. tensor.ToIntArray().Select(v => v.ToString(CultureInfo.InvariantCulture))],
            DType.Float16 => [.. tensor.ToHalfArray().Select(v => v.ToString("G4", CultureInfo.InvariantCulture))],
            DType.Int8 => [.. tensor.ToSByteArray().Select(v => v.ToString(CultureInfo.InvariantCulture))],
            _ => [],
        };
        if (values.Length == tensor.Shape.Elements)
        {
            Axis(text, values, tensor.Shape, 0, 0, tensor.Shape.RowMajorStrides());
            text.Append(", ");
        }
        return text.Append(CultureInfo.InvariantCulture, $"shape {tensor.Shape}, {tensor.DType.Name()}, {tensor.Device})").ToString();
    }

    private static void Axis(StringBuilder text, string[] values, Shape shape, int axis, int offset, int[] strides)
    {
        if (axis == shape.Rank)
        {
            text.Append(values[offset]);
            return;
        }
        text.Append('[');
        for (int i = 0; i < shape[axis]; i++)
        {
            if (i > 0)
            {
                text.Append(axis == shape.Rank - 1 ? ", " : ",\n" + new string(' ', 8 + axis));
            }
            if (shape[axis] > 2 * Edge && i == Edge)
            {
                text.Append('…');
                i = shape[axis] - Edge - 1;
                continue;
            }
            Axis(text, values, shape, axis + 1, offset + (i * strides[axis]), strides);
        }
        text.Append(']');
    }
}
