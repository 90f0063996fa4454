using System.Numerics;
using static Vitrine.Tensors.SimdMath;

namespace Vitrine.Tensors;

/// <summary>The functions of the unary ops and their derivatives; gelu has a folder of its own.</summary>
internal static class UnaryFunctions
{
    private static Vector<float> One => Vector<float>.One;

    private static Vector<float> Zero => Vector<float>.Zero;

    public readonly struct Relu : IUnaryFunction
    {
        // The native maximum returns its second operand when it is NaN.
        public Vector<float> Value(Vector<float> x) => Vector.MaxNative(Zero, x);

        public Vector<float> Derivative(Vector<float> y) => Vector.ConditionalSelect(Vector.GreaterThan(y, Zero), One, Zero);
    }

    public readonly struct Silu : IUnaryFunction
    {
        // Below −104 the logistic function is 0; the bound keeps −∞ · 0 from being NaN.
        public Vector<float> Value(Vector<float> x) => Vector.MaxNative(new Vector<float>(-104f), x) * Sigmoid(x);

        public Vector<float> Derivative(Vector<float> x)
        {
            Vector<float> s = Sigmoid(x), inside = Vector.MinNative(new Vector<float>(104f), Vector.MaxNative(new Vector<float>(-104f), x));
            return Fma(s * (One - s), inside, s);
        }
    }

    public readonly struct Tanh : IUnaryFunction
    {
        public Vector<float> Value(Vector<float> x) => SimdMath.Tanh(x);

        public Vector<float> Derivative(Vector<float> y) => One - (y * y);
    }

    public readonly struct Sigmoid : IUnaryFunction
    {
        public Vector<float> Value(Vector<float> x) => SimdMath.Sigmoid(x);

        public Vector<float> Derivative(Vector<float> y) => y * (One - y);
    }

    public readonly struct Exp : IUnaryFunction
    {
        public Vector<float> Value(Vector<float> x) => SimdMath.Exp(x);

        public Vector<float> Derivative(Vector<float> y) => y;
    }

    public readonly struct Log : IUnaryFunction
    {
        public Vector<float> Value(Vector<float> x) => SimdMath.Log(x);

        public Vector<float> Derivative(Vector<float> x) => One / x;
    }

    public readonly struct Sqrt : IUnaryFunction
    {
        public Vector<float> Value(Vector<float> x) => Vector.SquareRoot(x);

        public Vector<float> Derivative(Vector<float> y) => new Vector<float>(0.5f) / y;
    }

    public readonly struct Abs : IUnaryFunction
    {
        public Vector<float> Value(Vector<float> x) => Vector.Abs(x);

        public Vector<float> Derivative(Vector<float> x) =>
            Vector.ConditionalSelect(Vector.Equals(x, Zero), Zero, Vector.CopySign(One, x));
    }

    /// <summary>xᵖ in double precision: the error of a float32 logarithm would be amplified by p · ln x.</summary>
    public readonly struct Pow(float exponent) : IUnaryFunction
    {
        public Vector<float> Value(Vector<float> x) => Power(x, exponent);

        public Vector<float> Derivative(Vector<float> x) => new Vector<float>(exponent) * Power(x, exponent - 1);

        private static Vector<float> Power(Vector<float> x, float p)
        {
            switch (p)
            {
                case 0: return One;
                case 1: return x;
                case 2: return x * x;
                case -1: return One / x;
            }
            Vector.Widen(Vector.Abs(x), out Vector<double> low, out Vector<double> high);
            Vector<double> wide = new(p);
            Vector<float> magnitude = Vector.Narrow(Vector.Exp(Vector.Log(low) * wide), Vector.Exp(Vector.Log(high) * wide));
            bool whole = float.IsInteger(p), odd = whole && Math.Abs(p % 2) == 1;
            Vector<float> ofNegative = odd ? -magnitude : whole ? magnitude : new Vector<float>(float.NaN);
            return Vector.ConditionalSelect(Vector.LessThan(x, Zero), ofNegative, magnitude);
        }
    }
}
