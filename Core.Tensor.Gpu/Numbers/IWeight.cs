using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>How a weight is stored: one method instead of one kernel per format.</summary>
internal interface IWeight<T> where T : unmanaged
{
    /// <summary>Whether all such numbers, their scale left out, have the few bits that tensor cores read.</summary>
    static abstract bool IsTf32 { get; }

    /// <summary>The number that <paramref name="raw"/> stands for in a row of that scale.</summary>
    float Widen(T raw, float scale);
}

/// <summary>float32: itself.</summary>
internal readonly struct Full : IWeight<float>
{
    public static bool IsTf32 => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Widen(float raw, float scale) => raw;
}

/// <summary>8 bits: the integer times its row's scale.</summary>
internal readonly struct Int8 : IWeight<sbyte>
{
    public static bool IsTf32 => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Widen(sbyte raw, float scale) => raw * scale;
}

/// <summary>The bits of a float16, widened without such a type: OpenCL devices without cl_khr_fp16 have none.</summary>
internal readonly struct Half16 : IWeight<ushort>
{
    private const float TwoTo112 = 5.192296858534828e33f; // what the exponents' biases differ by, 127 − 15

    public static bool IsTf32 => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Widen(ushort raw, float scale)
    {
        uint sign = (uint)(raw & 0x8000) << 16, rest = (uint)(raw & 0x7fff);
        uint finite = Interop.FloatAsInt(Interop.IntAsFloat(rest << 13) * TwoTo112);
        uint bits = rest >= 0x7c00 ? 0x7f800000 | ((rest & 0x3ff) << 13) : finite;
        return Interop.IntAsFloat(bits | sign);
    }
}
