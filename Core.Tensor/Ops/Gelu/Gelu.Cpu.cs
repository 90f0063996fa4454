using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>The arithmetic of gelu and gelu_tanh.</summary>
internal static class GeluCpu
{
    /// <summary>x · Φ(x) = max(x, 0) − |x| · Φ(−|x|).</summary>
    public readonly struct Exact : IUnaryFunction
    {
        private const float Edge = 12.9f; // below, the result stays at −3e-37

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V>
        {
            V a = V.Min(V.Of(Edge), V.Abs(x)), p = SimdMath.NormalTail(a, out V gauss);
            return V.Fma(-(a * gauss), p, V.Max(V.Of(0), x));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V x) where V : struct, IFloats<V>
        {
            // Φ(x) + x · φ(x): below 0 it is slope = Φ(−a) − a · φ(a), above 0 the rest to 1.
            V a = V.Min(V.Of(Edge), V.Abs(x)), p = SimdMath.NormalTail(a, out V gauss), slope = V.Fma(a, V.Of(-0.398942280f), p) * gauss;
            return V.WhereGreater(x, V.Of(0), V.Of(1) - slope, slope);
        }
    }

    /// <summary>x · σ(2u): the tanh form without its cancellation for negative x, and with one exponential instead of a tanh.</summary>
    public readonly struct TanhForm : IUnaryFunction
    {
        private const float Edge = 10; // beyond, the result is x, or stays at −1e-37; x³ of huge numbers would overflow and ∞ · 0 is NaN
        private const float A = 1.59576912f, B = 0.0713548163f; // 2u = x · (A + B · x²), A = 2 · √(2/π), B = A · 0.044715
        private const float MinusLog2E = -1.44269504f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V>
        {
            V c = V.Min(V.Of(Edge), V.Max(V.Of(-Edge), x));
            return V.Max(V.Of(-Edge), x) / (V.Of(1) + Exp(c, c * c));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V x) where V : struct, IFloats<V>
        {
            V c = V.Min(V.Of(Edge), V.Max(V.Of(-Edge), x)), square = c * c;
            V s = V.Of(1) / (V.Of(1) + Exp(c, square)), slope = V.Fma(square, V.Of(3 * B), V.Of(A));
            return V.Fma(c * slope, s * (V.Of(1) - s), s);
        }

        /// <summary>e^(−2u).</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Exp<V>(V x, V square) where V : struct, IFloats<V> =>
            SimdMath.Exp2Within(x * V.Fma(square, V.Of(MinusLog2E * B), V.Of(MinusLog2E * A)));
    }
}
