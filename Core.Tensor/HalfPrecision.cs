using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vitrine.Tensors;

/// <summary>
/// Weights in IEEE half precision, two bytes each: sign, 5 bits of exponent, 10 of fraction. They are stored so and nothing else: whatever
/// reads one widens it, which is exact, and computes in float32.
/// </summary>
/// <remarks>
/// Magnitudes from 6.1e-5 to 65504 keep 11 bits, an error of at most 2⁻¹¹ = 0.05 % of themselves; smaller ones are off by at most 3e-8.
/// Half precision is no type to train in, so that such tensors have no gradient.
/// </remarks>
public static class HalfPrecision
{
    /// <summary>The largest finite magnitude.</summary>
    public const float Largest = 65504;

    private const float TwoTo112 = 5192296858534827628530496329220096f;
    private const int Grain = 1 << 14;

    /// <summary>The nearest float16 tensor, ties to even, on the CPU.</summary>
    /// <param name="w">float32, any strides, on any device.</param>
    /// <exception cref="ShapeException">Not float32.</exception>
    /// <exception cref="VitrineException">An element is NaN, infinite, or would become so.</exception>
    public static unsafe Tensor Round(Tensor w)
    {
        ArgumentNullException.ThrowIfNull(w);
        Check.Type("fp16", w, DType.Float32);
        w = Layout.Contiguous(w.To(Device.Cpu));
        Tensor rounded = Tensor.Empty(w.Shape, Device.Cpu, DType.Float16);
        float* x = (float*)w.CpuPointer;
        Half* y = (Half*)rounded.CpuPointer;
        bool fits = true;
        Workers.For(w.Shape.Elements, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                y[i] = (Half)x[i];
                if (!Half.IsFinite(y[i]))
                {
                    Volatile.Write(ref fits, false);
                }
            }
        }, Grain);
        return fits ? rounded.AsWeight() : throw new VitrineException(
            $"fp16: a weight has no half precision; got {w.ToArray().First(v => !Half.IsFinite((Half)v))} in {w.Shape}; expected a "
            + $"magnitude of at most {Largest}. Leave the weights in float32.");
    }

    /// <summary>The same numbers in float32, without an error, on the same device; a float32 tensor as it is. No tape follows.</summary>
    /// <param name="w">float16 <c>[…]</c>, any strides.</param>
    /// <exception cref="ShapeException">Neither float16 nor float32, or a scalar.</exception>
    public static Tensor Widen(Tensor w)
    {
        ArgumentNullException.ThrowIfNull(w);
        if (w.DType == DType.Float32)
        {
            return w;
        }
        Check.Type("fp16", w, DType.Float16);
        Check.Rank("fp16", w, 1);
        int[] rows = [.. Enumerable.Range(0, w.Shape[0])];
        using Recorder.Pause pause = Recorder.Suspend();
        return w.Gather(Tensor.From(rows, [rows.Length], w.Device)).AsWeight();
    }

    /// <summary>Throws when the gradient is asked for of a weight in half precision.</summary>
    internal static void RefuseGradient(string op, Tensor w)
    {
        if (w.DType == DType.Float16)
        {
            throw new NoGradientException(op, "its weights are in half precision; load the model in float32 to train it");
        }
    }

    /// <summary>Widens as many halves as the target has places; the source may be unaligned.</summary>
    /// <remarks>
    /// Moved to the place of a float's fields, a half is too small by 2^(127−15): one multiplication sets the exponent right, exactly,
    /// subnormals included. Infinity and NaN get all exponent bits.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static unsafe void Widen(void* source, Span<float> target)
    {
        ushort* from = (ushort*)source;
        int i = 0;
        fixed (float* to = target)
        {
            for (; i <= target.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Load(from + i));
                Expand(lower).Store(to + i);
                Expand(upper).Store(to + i + Vector256<uint>.Count);
            }
        }
        for (; i < target.Length; i++)
        {
            target[i] = (float)Unsafe.ReadUnaligned<Half>(from + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Expand(Vector256<uint> half)
    {
        Vector256<uint> magnitude = (half & Vector256.Create(0x7fffu)) << 13;
        Vector256<uint> finite = (magnitude.AsSingle() * TwoTo112).AsUInt32();
        Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude.AsInt32(), Vector256.Create(0x7c00 << 13)).AsUInt32();
        return (finite | (special & Vector256.Create(0x7f800000u)) | ((half & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }
}
