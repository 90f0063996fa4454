using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Stored elements to float32 and back. Sources and targets in a file may be unaligned.</summary>
internal static unsafe class WeightConversion
{
    /// <summary>Widens or rounds <c>target.Length</c> stored elements to float32.</summary>
    public static void ToFloats(WeightType type, byte* source, Span<float> target)
    {
        switch (type)
        {
            case WeightType.F64: Convert<double>(source, target); break;
            case WeightType.F32: new ReadOnlySpan<byte>(source, target.Length * sizeof(float)).CopyTo(MemoryMarshal.AsBytes(target)); break;
            case WeightType.F16: HalfPrecision.Widen(source, target); break;
            case WeightType.BF16: FromBFloat16(source, target); break;
            case WeightType.I64: Convert<long>(source, target); break;
            case WeightType.I32: Convert<int>(source, target); break;
            case WeightType.I16: Convert<short>(source, target); break;
            case WeightType.I8: Convert<sbyte>(source, target); break;
            case WeightType.U8: Convert<byte>(source, target); break;
            case WeightType.BOOL:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = source[i] == 0 ? 0f : 1f;
                }
                break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, null);
        }
    }

    /// <summary>
    /// Rounds float32 values to nearest even into stored elements. Returns -1, or the index of the first value the type
    /// cannot hold: a finite value that would become infinite, or for integers anything out of range, NaN included.
    /// </summary>
    public static int FromFloats(WeightType type, ReadOnlySpan<float> values, Span<byte> target) => type switch
    {
        WeightType.F64 => Widen(values, MemoryMarshal.Cast<byte, double>(target)),
        WeightType.F32 => Copy(values, target),
        WeightType.F16 => ToHalf(values, MemoryMarshal.Cast<byte, Half>(target)),
        WeightType.BF16 => ToBFloat16(values, MemoryMarshal.Cast<byte, ushort>(target)),
        WeightType.I64 => ToIntegers(values, MemoryMarshal.Cast<byte, long>(target), -9223372036854775808f, 9223372036854775808f),
        WeightType.I32 => ToIntegers(values, MemoryMarshal.Cast<byte, int>(target), -2147483648f, 2147483648f),
        WeightType.I16 => ToIntegers(values, MemoryMarshal.Cast<byte, short>(target), -32768, 32768),
        WeightType.I8 => ToIntegers(values, MemoryMarshal.Cast<byte, sbyte>(target), -128, 128),
        WeightType.U8 => ToIntegers(values, target, 0, 256),
        WeightType.BOOL => ToIntegers(values, target, 0, 2),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private static void Convert<T>(byte* source, Span<float> target) where T : unmanaged, INumberBase<T>
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = float.CreateTruncating(Unsafe.ReadUnaligned<T>(source + ((nint)i * sizeof(T))));
        }
    }

    private static void FromBFloat16(byte* source, Span<float> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(source + (2 * (nint)i)) << 16);
        }
    }

    private static int Copy(ReadOnlySpan<float> values, Span<byte> target)
    {
        MemoryMarshal.AsBytes(values).CopyTo(target);
        return -1;
    }

    private static int Widen(ReadOnlySpan<float> values, Span<double> target)
    {
        for (int i = 0; i < values.Length; i++)
        {
            target[i] = values[i];
        }
        return -1;
    }

    private static int ToHalf(ReadOnlySpan<float> values, Span<Half> target)
    {
        for (int i = 0; i < values.Length; i++)
        {
            target[i] = (Half)values[i];
            if (Half.IsInfinity(target[i]) && float.IsFinite(values[i]))
            {
                return i;
            }
        }
        return -1;
    }

    private static int ToBFloat16(ReadOnlySpan<float> values, Span<ushort> target)
    {
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            if (float.IsFinite(values[i]))
            {
                bits += 0x7fff + ((bits >> 16) & 1); // half of the last place, a tie only upwards from odd
            }
            else if (float.IsNaN(values[i]))
            {
                bits |= 0x00400000; // a payload in the lower half must not turn NaN into infinity
            }
            target[i] = (ushort)(bits >> 16);
            if ((target[i] & 0x7fff) == 0x7f80 && float.IsFinite(values[i]))
            {
                return i;
            }
        }
        return -1;
    }

    private static int ToIntegers<T>(ReadOnlySpan<float> values, Span<T> target, float lowest, float end) where T : INumberBase<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            float whole = MathF.Round(values[i], MidpointRounding.ToEven);
            if (!(whole >= lowest && whole < end))
            {
                return i;
            }
            target[i] = T.CreateTruncating(whole);
        }
        return -1;
    }
}
