namespace Vitrine.Transformers;

/// <summary>
/// Element type of a stored weight, under the name the safetensors header uses for it.
/// Values are little-endian; multi-byte types need not be aligned in the file.
/// </summary>
public enum WeightType
{
    /// <summary>IEEE 754 double, 8 bytes.</summary>
    F64,

    /// <summary>IEEE 754 single, 4 bytes: what the engine computes with.</summary>
    F32,

    /// <summary>IEEE 754 half, 2 bytes: 11 significant bits, largest finite value 65504.</summary>
    F16,

    /// <summary>bfloat16, 2 bytes: the upper half of a single, 8 significant bits, the range of a single.</summary>
    BF16,

    /// <summary>Signed integer, 8 bytes.</summary>
    I64,

    /// <summary>Signed integer, 4 bytes.</summary>
    I32,

    /// <summary>Signed integer, 2 bytes.</summary>
    I16,

    /// <summary>Signed integer, 1 byte.</summary>
    I8,

    /// <summary>Unsigned integer, 1 byte.</summary>
    U8,

    /// <summary>Truth value, 1 byte: 0 or 1.</summary>
    BOOL,
}

/// <summary>Sizes and names of <see cref="WeightType"/>.</summary>
public static class WeightTypeExtensions
{
    /// <summary>Bytes one element takes: 1, 2, 4 or 8.</summary>
    /// <param name="type">The element type.</param>
    public static int Size(this WeightType type) => type switch
    {
        WeightType.F64 or WeightType.I64 => 8,
        WeightType.F32 or WeightType.I32 => 4,
        WeightType.F16 or WeightType.BF16 or WeightType.I16 => 2,
        _ => 1,
    };
}
