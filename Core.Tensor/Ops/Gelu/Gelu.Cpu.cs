using System.Numerics;
using static Vitrine.Tensors.SimdMath;

namespace Vitrine.Tensors;

/// <summary>The arithmetic of gelu and gelu_tanh.</summary>
internal static class GeluCpu
{
    /// <summary>x · Φ(x).</summary>
    public readonly struct Exact : IUnaryFunction
    {
        // Φ(−15) is 0 in float32; the bound keeps −∞ · 0 from being NaN.
        public Vector<float> Value(Vector<float> x) => Vector.MaxNative(new Vector<float>(-15f), x) * NormalCdf(x, out _);

        public Vector<float> Derivative(Vector<float> x)
        {
            Vector<float> cdf = NormalCdf(x, out Vector<float> density);
            return Fma(Clamp(x), density, cdf);
        }
    }

    /// <summary>x · σ(2u): the tanh form without its cancellation for negative x, and with one exponential less to be careful about.</summary>
    public readonly struct TanhForm : IUnaryFunction
    {
        private const float A = 1.59576912f;      // 2 · √(2/π)
        private const float B = 0.0713548163f;    // A · 0.044715

        public Vector<float> Value(Vector<float> x)
        {
            Vector<float> c = Clamp(x);
            return Vector.MaxNative(new Vector<float>(-15f), x) * Sigmoid(c * Fma(c * c, new Vector<float>(B), new Vector<float>(A)));
        }

        public Vector<float> Derivative(Vector<float> x)
        {
            Vector<float> c = Clamp(x), square = c * c;
            Vector<float> s = Sigmoid(c * Fma(square, new Vector<float>(B), new Vector<float>(A)));
            Vector<float> slope = Fma(square, new Vector<float>(3 * B), new Vector<float>(A));
            return Fma(c * slope, s * (Vector<float>.One - s), s);
        }
    }

    /// <summary>Beyond ±15 both forms are 0 or x exactly; x³ of larger numbers would overflow and ∞ · 0 is NaN.</summary>
    private static Vector<float> Clamp(Vector<float> x) => Vector.MinNative(new Vector<float>(15f), Vector.MaxNative(new Vector<float>(-15f), x));
}
