using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>The arithmetic of gelu and gelu_tanh.</summary>
internal static class GeluCpu
{
    /// <summary>x · Φ(x).</summary>
    public readonly struct Exact : IUnaryFunction
    {
        // Φ(−15) is 0 in float32; the bound keeps −∞ · 0 from being NaN.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => V.Max(V.Of(-15), x) * SimdMath.NormalCdf(x, out _);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V x) where V : struct, IFloats<V>
        {
            V cdf = SimdMath.NormalCdf(x, out V density);
            return V.Fma(V.Min(V.Of(15), V.Max(V.Of(-15), x)), density, cdf);
        }
    }

    /// <summary>x · σ(2u): the tanh form without its cancellation for negative x, and with one exponential instead of a tanh.</summary>
    public readonly struct TanhForm : IUnaryFunction
    {
        private const float A = 1.59576912f;      // 2 · √(2/π)
        private const float B = 0.0713548163f;    // A · 0.044715

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V>
        {
            V c = Clamp(x), minus2U = c * V.Fma(c * c, V.Of(-B), V.Of(-A));
            return V.Max(V.Of(-15), x) / (V.Of(1) + SimdMath.ExpWithin(V.Min(V.Of(89), minus2U)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V x) where V : struct, IFloats<V>
        {
            V c = Clamp(x), square = c * c, minus2U = c * V.Fma(square, V.Of(-B), V.Of(-A));
            V s = V.Of(1) / (V.Of(1) + SimdMath.ExpWithin(V.Min(V.Of(89), minus2U)));
            V slope = V.Fma(square, V.Of(3 * B), V.Of(A));
            return V.Fma(c * slope, s * (V.Of(1) - s), s);
        }

        /// <summary>Beyond ±10.7 the result is 0 or x exactly; x³ of larger numbers would overflow and ∞ · 0 is NaN.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Clamp<V>(V x) where V : struct, IFloats<V> => V.Min(V.Of(10.7f), V.Max(V.Of(-10.7f), x));
    }
}
