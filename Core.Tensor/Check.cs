namespace Vitrine.Tensors;

/// <summary>Every guard on shapes, types and devices, with its message. On in Release too: it costs nanoseconds next to a kernel.</summary>
internal static class Check
{
    public static void SameDevice(string op, Tensor[] inputs)
    {
        foreach (Tensor input in inputs)
        {
            if (input.Device != inputs[0].Device)
            {
                throw new DeviceException($"{op}: operands on different devices; "
                    + $"got {inputs[0].Device} and {input.Device}. Move one with To(device).");
            }
        }
    }

    public static void Type(string op, Tensor tensor, DType dtype)
    {
        if (tensor.DType != dtype)
        {
            throw new ShapeException($"{op}: wrong element type; got {tensor.DType.Name()} {tensor.Shape}; expected {dtype.Name()}.");
        }
    }

    public static void Rank(string op, Tensor tensor, int atLeast)
    {
        if (tensor.Shape.Rank < atLeast)
        {
            throw new ShapeException($"{op}: too few axes; got {tensor.Shape}; expected at least {atLeast}.");
        }
    }

    public static void Shape(string op, string operand, Tensor tensor, Shape expected)
    {
        if (tensor.Shape != expected)
        {
            throw new ShapeException($"{op}: {operand} has the wrong shape; got {tensor.Shape}; expected {expected}.");
        }
    }
}
