using System.Numerics;
using System.Runtime.CompilerServices;

namespace Vitrine.Transformers;

/// <summary>Looks for NaN and infinities in stored elements: those whose exponent bits are all set. Reads memory at its speed.</summary>
internal static unsafe class FiniteScan
{
    /// <summary>Index of the first element that is NaN or infinite, or -1. The source may be unaligned.</summary>
    public static long FirstNonFinite(WeightType type, byte* source, long count) => type switch
    {
        WeightType.F64 => First<ulong>(source, count, 0x7ff0000000000000),
        WeightType.F32 => First<uint>(source, count, 0x7f800000),
        WeightType.F16 => First<ushort>(source, count, 0x7c00),
        WeightType.BF16 => First<ushort>(source, count, 0x7f80),
        _ => -1,
    };

    private static long First<T>(byte* source, long count, T exponent) where T : unmanaged, IBinaryInteger<T>
    {
        Vector<T> mask = new(exponent);
        long i = 0;
        while (i <= count - Vector<T>.Count
            && !Vector.EqualsAny(Unsafe.ReadUnaligned<Vector<T>>(source + (i * sizeof(T))) & mask, mask))
        {
            i += Vector<T>.Count;
        }
        for (; i < count; i++)
        {
            if ((Unsafe.ReadUnaligned<T>(source + (i * sizeof(T))) & exponent) == exponent)
            {
                return i;
            }
        }
        return -1;
    }
}
