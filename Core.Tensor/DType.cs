namespace Vitrine.Tensors;

/// <summary>What one element of a tensor is. Arithmetic is float32; the smaller types store weights, int32 stores indices.</summary>
public enum DType
{
    /// <summary>IEEE 754 single precision, 4 bytes: the type all ops compute in.</summary>
    Float32,

    /// <summary>IEEE 754 half precision, 2 bytes: storage of weights (<see cref="HalfPrecision"/>).</summary>
    Float16,

    /// <summary>The upper half of a float32, 2 bytes: storage of weights.</summary>
    BFloat16,

    /// <summary>Two's complement, 1 byte: quantised weights.</summary>
    Int8,

    /// <summary>Two's complement, 4 bytes: token ids and other indices.</summary>
    Int32,
}

/// <summary>Facts about the element types.</summary>
public static class DTypes
{
    /// <summary>Bytes per element.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.Float32 or DType.Int32 => 4,
        DType.Float16 or DType.BFloat16 => 2,
        DType.Int8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, null),
    };

    /// <summary>The name as it is printed: <c>float32</c>, <c>int32</c>, …</summary>
    public static string Name(this DType dtype) => dtype switch
    {
        DType.Float32 => "float32",
        DType.Float16 => "float16",
        DType.BFloat16 => "bfloat16",
        DType.Int8 => "int8",
        DType.Int32 => "int32",
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, null),
    };
}
