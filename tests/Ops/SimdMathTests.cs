using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>The vector functions against float64, in units in the last place, over their whole range.</summary>
public class SimdMathTests
{
    [Fact]
    public void Exp_WholeRange_IsWithinOneAndAHalfUlp() => Scan(new UnaryFunctions.Exp(), Math.Exp, -87.3f, 92, 1.5);

    [Fact]
    public void Log_AllPositiveFloats_IsWithinOneUlp()
    {
        Worst worst = default;
        for (long bits = 1; bits <= 0x7f7fffff; bits += 1009)
        {
            worst.See(BitConverter.Int32BitsToSingle((int)bits), new UnaryFunctions.Log(), Math.Log);
        }
        Assert.True(worst.Ulps <= 1.1, worst.ToString());
    }

    [Fact]
    public void Tanh_WholeRange_IsWithinTwoAndAHalfUlp() => Scan(new UnaryFunctions.Tanh(), Math.Tanh, -12, 12, 2.5);

    [Fact]
    public void Sigmoid_NormalResults_IsWithinTwoAndAHalfUlp() =>
        Scan(new UnaryFunctions.Sigmoid(), x => 1 / (1 + Math.Exp(-x)), -87, 110, 2.5);

    [Fact]
    public void NormalTail_NearZero_IsWithinTenUlp() => Scan(new NormalTail(), Gelu.NormalCdf, -3, 0, 10);

    [Fact]
    public void NormalTail_FarOut_KeepsFiveDigits() => Scan(new NormalTail(), Gelu.NormalCdf, -12.9f, -3, 150);

    [Theory]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(0, 1)]
    [InlineData(88.8f, float.PositiveInfinity)]
    [InlineData(1e30f, float.PositiveInfinity)]
    [InlineData(-1e30f, 0)]
    [InlineData(-90, 0)]
    [InlineData(1e-40f, 1)]
    public void Exp_AtTheEdges_IsExact(float x, float expected) => Both(new UnaryFunctions.Exp(), x, expected);

    [Theory]
    [InlineData(0, float.NegativeInfinity)]
    [InlineData(-1, float.NaN)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NaN)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(1, 0)]
    public void Log_AtTheEdges_IsExact(float x, float expected) => Both(new UnaryFunctions.Log(), x, expected);

    [Theory]
    [InlineData(float.NegativeInfinity, -1)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(1e-40f, 1e-40f)]
    [InlineData(-0f, -0f)]
    public void Tanh_AtTheEdges_IsExact(float x, float expected) => Both(new UnaryFunctions.Tanh(), x, expected);

    [Theory]
    [InlineData(float.NegativeInfinity, 0, 0)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, 1)]
    [InlineData(float.NaN, float.NaN, float.NaN)]
    [InlineData(1e20f, 1e20f, 1)]
    [InlineData(-1e20f, 0, 0)]
    public void GeluAndSilu_AtTheEdges_ReachTheirLimits(float x, float value, float slope)
    {
        IUnaryFunction[] functions = [new GeluCpu.Exact(), new GeluCpu.TanhForm(), new UnaryFunctions.Silu()];

        foreach (IUnaryFunction f in functions)
        {
            Assert.Equal(value, First(f.Value(Floats16.Of(x))), 1e-30f);
            Assert.Equal(slope, First(f.Derivative(Floats16.Of(x))), 1e-30f);
        }
    }

    private static void Both(IUnaryFunction f, float x, float expected)
    {
        Assert.Equal(expected, First(f.Value(Floats16.Of(x))));
        Assert.Equal(expected, First(f.Value(Floats8.Of(x))));
    }

    private static unsafe float First<V>(V x) where V : struct, IFloats<V>
    {
        float* lanes = stackalloc float[V.Count];
        x.Store(lanes);
        return lanes[0];
    }

    private static void Scan(IUnaryFunction actual, Func<double, double> expected, float from, float to, double ulps)
    {
        const int Steps = 500_009;
        Worst worst = default;
        for (int i = 0; i <= Steps; i++)
        {
            worst.See(from + ((to - from) * (i / (float)Steps)), actual, expected);
        }
        Assert.True(worst.Ulps <= ulps, worst.ToString());
    }

    private readonly struct NormalTail : IUnaryFunction
    {
        public V Value<V>(V x) where V : struct, IFloats<V> => SimdMath.NormalTail(-x, out V gauss) * gauss;

        public V Derivative<V>(V saved) where V : struct, IFloats<V> => saved;
    }

    private struct Worst
    {
        public double Ulps;
        private float _x, _actual;
        private double _expected;

        public void See(float x, IUnaryFunction f, Func<double, double> reference)
        {
            See(x, First(f.Value(Floats16.Of(x))), reference(x));
            See(x, First(f.Value(Floats8.Of(x))), reference(x));
        }

        public override readonly string ToString() => $"worst {Ulps:G3} ulp at {_x:R}: got {_actual:R}, expected {_expected:R}";

        private void See(float x, float actual, double expected)
        {
            float rounded = Math.Min(float.MaxValue, Math.Abs((float)expected));
            double ulp = (double)rounded - MathF.BitDecrement(rounded);
            double error = actual == (float)expected ? 0 : Math.Abs(actual - expected) / Math.Max(ulp, float.Epsilon);
            if (!(error <= Ulps))
            {
                (Ulps, _x, _actual, _expected) = (error, x, actual, expected);
            }
        }
    }
}
