using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>The functions of the unary ops and their derivatives; gelu has a folder of its own.</summary>
internal static class UnaryFunctions
{
    public readonly struct Relu : IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => V.Max(V.Of(0), x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V y) where V : struct, IFloats<V> => V.WhereGreater(y, V.Of(0), V.Of(1), V.Of(0));
    }

    public readonly struct Silu : IUnaryFunction
    {
        // Below −104 the logistic function is 0; the bound keeps −∞ / ∞ from being NaN.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => V.Max(V.Of(-104), x) / (V.Of(1) + SimdMath.Exp(-x));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V x) where V : struct, IFloats<V>
        {
            V s = SimdMath.Sigmoid(x), bounded = V.Min(V.Of(104), V.Max(V.Of(-104), x));
            return V.Fma(s * (V.Of(1) - s), bounded, s);
        }
    }

    public readonly struct Tanh : IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => SimdMath.Tanh(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V y) where V : struct, IFloats<V> => V.Of(1) - (y * y);
    }

    public readonly struct Sigmoid : IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => SimdMath.Sigmoid(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V y) where V : struct, IFloats<V> => y * (V.Of(1) - y);
    }

    public readonly struct Exp : IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => SimdMath.Exp(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V y) where V : struct, IFloats<V> => y;
    }

    public readonly struct Log : IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => SimdMath.Log(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V x) where V : struct, IFloats<V> => V.Of(1) / x;
    }

    public readonly struct Sqrt : IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => V.Sqrt(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V y) where V : struct, IFloats<V> => V.Of(0.5f) / y;
    }

    public readonly struct Abs : IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => V.Abs(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Derivative<V>(V x) where V : struct, IFloats<V> => V.WhereEqual(x, V.Of(0), V.Of(0), V.CopySign(V.Of(1), x));
    }

    public readonly struct Pow(float exponent) : IUnaryFunction
    {
        public V Value<V>(V x) where V : struct, IFloats<V> => Power(x, exponent);

        public V Derivative<V>(V x) where V : struct, IFloats<V> => V.Of(exponent) * Power(x, exponent - 1);

        private static V Power<V>(V x, float p) where V : struct, IFloats<V>
        {
            switch (p)
            {
                case 0: return V.Of(1);
                case 1: return x;
                case 2: return x * x;
                case -1: return V.Of(1) / x;
            }
            V magnitude = V.Power(V.Abs(x), p);
            V ofNegative = !float.IsInteger(p) ? V.Of(float.NaN) : Math.Abs(p % 2) == 1 ? -magnitude : magnitude;
            return V.WhereGreater(V.Of(0), x, ofNegative, magnitude);
        }
    }
}
