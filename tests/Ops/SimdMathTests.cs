using System.Numerics;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>The vector functions against float64, in units in the last place, over their whole range.</summary>
public class SimdMathTests
{
    [Fact]
    public void Exp_WholeRange_IsWithinOneAndAHalfUlp() => Scan(SimdMath.Exp, Math.Exp, -110, 92, 1.5);

    [Fact]
    public void Log_AllPositiveFloats_IsWithinOneUlp() => ScanBits(SimdMath.Log, Math.Log, 1, 0x7f7fffff, 1.1);

    [Fact]
    public void Tanh_WholeRange_IsWithinTwoAndAHalfUlp() => Scan(SimdMath.Tanh, Math.Tanh, -12, 12, 2.5);

    [Fact]
    public void Sigmoid_WholeRange_IsWithinTwoAndAHalfUlp() => Scan(SimdMath.Sigmoid, x => 1 / (1 + Math.Exp(-x)), -110, 110, 2.5);

    [Fact]
    public void NormalCdf_BothTails_IsWithinSevenUlp() => Scan(x => SimdMath.NormalCdf(x, out _), NormalCdf, -16, 16, 7);

    [Theory]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(0, 1)]
    [InlineData(88.8f, float.PositiveInfinity)]
    [InlineData(1e30f, float.PositiveInfinity)]
    [InlineData(-1e30f, 0)]
    public void Exp_AtTheEdges_IsExact(float x, float expected) => Assert.Equal(expected, SimdMath.Exp(new Vector<float>(x))[0]);

    [Theory]
    [InlineData(0, float.NegativeInfinity)]
    [InlineData(-1, float.NaN)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NaN)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(1, 0)]
    public void Log_AtTheEdges_IsExact(float x, float expected) => Assert.Equal(expected, SimdMath.Log(new Vector<float>(x))[0]);

    [Theory]
    [InlineData(float.NegativeInfinity, -1)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(1e-40f, 1e-40f)]
    [InlineData(-0f, -0f)]
    public void Tanh_AtTheEdges_IsExact(float x, float expected) => Assert.Equal(expected, SimdMath.Tanh(new Vector<float>(x))[0]);

    private static void Scan(Func<Vector<float>, Vector<float>> actual, Func<double, double> expected, float from, float to, double ulps)
    {
        const int Steps = 2_000_003;
        Worst worst = default;
        for (int i = 0; i <= Steps; i++)
        {
            worst.See(from + ((to - from) * (i / (float)Steps)), actual, expected);
        }
        Assert.True(worst.Ulps <= ulps, worst.ToString());
    }

    private static void ScanBits(Func<Vector<float>, Vector<float>> actual, Func<double, double> expected, int from, int to, double ulps)
    {
        Worst worst = default;
        for (long bits = from; bits <= to; bits += 1009)
        {
            worst.See(BitConverter.Int32BitsToSingle((int)bits), actual, expected);
        }
        Assert.True(worst.Ulps <= ulps, worst.ToString());
    }

    /// <summary>Φ by its continued fraction in the tail and by its series in the middle.</summary>
    private static double NormalCdf(double x)
    {
        double a = Math.Abs(x), density = Math.Exp(-a * a / 2) / Math.Sqrt(2 * Math.PI), tail;
        if (a < 3)
        {
            double term = a, sum = a;
            for (int k = 1; term > 1e-18 * sum; k++)
            {
                term *= a * a / ((2 * k) + 1);
                sum += term;
            }
            tail = 0.5 - (density * sum);
        }
        else
        {
            double fraction = a;
            for (int k = 200; k > 0; k--)
            {
                fraction = a + (k / fraction);
            }
            tail = density / fraction;
        }
        return x > 0 ? 1 - tail : tail;
    }

    private struct Worst
    {
        public double Ulps;
        private float _x, _actual;
        private double _expected;

        public void See(float x, Func<Vector<float>, Vector<float>> f, Func<double, double> reference)
        {
            float actual = f(new Vector<float>(x))[0];
            double expected = reference(x);
            float rounded = Math.Min(float.MaxValue, Math.Abs((float)expected));
            double ulp = (double)rounded - MathF.BitDecrement(rounded);
            double error = actual == (float)expected ? 0 : Math.Abs(actual - expected) / Math.Max(ulp, float.Epsilon);
            if (!(error <= Ulps))
            {
                (Ulps, _x, _actual, _expected) = (error, x, actual, expected);
            }
        }

        public override readonly string ToString() => $"worst {Ulps:G3} ulp at {_x:R}: got {_actual:R}, expected {_expected:R}";
    }
}
