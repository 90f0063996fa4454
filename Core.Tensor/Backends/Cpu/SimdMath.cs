// Elementary functions on vectors: the arithmetic inside softmax, gelu and the other curved ops.
//
// Every function works lane by lane, so an element's bits depend neither on its place in a vector nor on the thread that
// computed it. The polynomials are minimax fits (Remez exchange, 40 digits); errors are stated in units in the last place.

using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>exp, log, tanh, the logistic function and the normal distribution on float vectors, right at the edges too.</summary>
internal static class SimdMath
{
    private const float Log2E = 1.44269504f;
    // ln 2 in two pieces: n·Ln2High is exact for every n that occurs, the rest corrects it.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    // Adding 1.5·2²³ pushes the fraction out of the mantissa: what is left in the low bits is the nearest integer.
    private const float RoundToInteger = 12582912f;
    private const int OneBits = 0x3f800000;

    /// <summary>eˣ within 1.5 ulp; subnormal results included, 0 below −104, +∞ from 88.73 on, NaN stays NaN.</summary>
    public static Vector<float> Exp(Vector<float> x)
    {
        // The native minimum and maximum return their second operand when one is NaN.
        x = Vector.MinNative(new Vector<float>(89f), Vector.MaxNative(new Vector<float>(-104f), x));
        Vector<float> reduced = ReducedExpm1(x, out Vector<int> n);
        // 2ⁿ in two factors, because n runs from −150 to 128 and one float exponent does not.
        Vector<int> half = n >> 1;
        return (reduced + Vector<float>.One) * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <summary>eˣ − 1 without cancellation near 0, for |x| ≤ 40.</summary>
    public static Vector<float> Expm1(Vector<float> x)
    {
        Vector<float> reduced = ReducedExpm1(x, out Vector<int> n), scale = PowerOfTwo(n);
        return Fma(reduced, scale, scale - Vector<float>.One);
    }

    /// <summary>tanh x = t / (t + 2) with t = e^(2|x|) − 1, and the sign of x; within 2.5 ulp.</summary>
    public static Vector<float> Tanh(Vector<float> x)
    {
        Vector<float> a = Vector.MinNative(new Vector<float>(10f), Vector.Abs(x)); // tanh 9.1 is 1 in float32
        Vector<float> t = Expm1(a + a);
        return Vector.CopySign(t / (t + new Vector<float>(2f)), x);
    }

    /// <summary>1 / (1 + e⁻ˣ), from e^(−|x|) so that neither side overflows; within 2.5 ulp.</summary>
    public static Vector<float> Sigmoid(Vector<float> x)
    {
        Vector<float> e = Exp(-Vector.Abs(x));
        return Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One, e) / (Vector<float>.One + e);
    }

    /// <summary>ln x within 1 ulp; −∞ at 0, NaN below, subnormal arguments included.</summary>
    public static Vector<float> Log(Vector<float> x)
    {
        const int SqrtHalfBits = 0x3f3504f3;
        Vector<int> small = Vector.LessThan(x, new Vector<float>(1.17549435e-38f)); // subnormal: scale into the normal range
        Vector<int> bits = Vector.AsVectorInt32(Vector.ConditionalSelect(small, x * new Vector<float>(1 << 25), x));
        Vector<int> exponent = (bits - new Vector<int>(SqrtHalfBits)) >> 23;
        // x = 2^k · m with m in [√½, √2); ln m = 2s + s·z·L(z) with s = f / (2 + f), z = s², f = m − 1.
        Vector<float> f = Vector.AsVectorSingle(bits - (exponent << 23)) - Vector<float>.One;
        Vector<float> k = Vector.ConvertToSingle(exponent + (small & new Vector<int>(-25)));
        Vector<float> s = f / (f + new Vector<float>(2f)), z = s * s, halfSquare = new Vector<float>(0.5f) * f * f;
        Vector<float> series = z * Fma(Fma(new Vector<float>(0.298730759f), z, new Vector<float>(0.399774955f)), z, new Vector<float>(0.666667767f));
        // 2s = f − f²/2 + s·f²/2: written so, the large part f is added last and exactly.
        Vector<float> rest = Fma(s, halfSquare + series, k * new Vector<float>(Ln2Low)) - halfSquare;
        Vector<float> log = (rest + f) + (k * new Vector<float>(Ln2High));
        Vector<float> infinity = new(float.PositiveInfinity), zero = Vector<float>.Zero;
        Vector<float> edge = Vector.ConditionalSelect(Vector.Equals(x, zero), -infinity, Vector.ConditionalSelect(Vector.Equals(x, infinity), infinity, new Vector<float>(float.NaN)));
        return Vector.ConditionalSelect(Vector.GreaterThan(x, zero) & Vector.LessThan(x, infinity), log, edge);
    }

    /// <summary>
    /// Φ(x), the standard normal distribution, and its density φ(x). Both tails keep their relative accuracy (7 ulp): ½(1 + erf(x/√2))
    /// would cancel for negative x.
    /// </summary>
    public static Vector<float> NormalCdf(Vector<float> x, out Vector<float> density)
    {
        Vector<float> a = Vector.MinNative(new Vector<float>(15f), Vector.Abs(x)); // Φ(−15) is 0 in float32
        // e^(−a²/2), with the rounding error of a² put back: in the tail it would be amplified a hundred times.
        Vector<float> square = a * a, lost = Fma(a, a, -square), minusHalf = new(-0.5f);
        Vector<float> gauss = Exp(square * minusHalf);
        gauss = Fma(gauss * minusHalf, lost, gauss);
        density = gauss * new Vector<float>(0.398942280f);
        // Φ(−a) = e^(−a²/2) · P(t) with t = 1 / (1 + 0.3a); relative error of P 6e-8 up to a = 14.6.
        Vector<float> t = Vector<float>.One / Fma(a, new Vector<float>(0.3f), Vector<float>.One);
        Vector<float> p = new(0.0384117577f);
        p = Fma(p, t, new Vector<float>(-0.169328647f));
        p = Fma(p, t, new Vector<float>(0.228995458f));
        p = Fma(p, t, new Vector<float>(-0.0768894937f));
        p = Fma(p, t, new Vector<float>(0.142799587f));
        p = Fma(p, t, new Vector<float>(0.0945713036f));
        p = Fma(p, t, new Vector<float>(0.121948971f));
        p = Fma(p, t, new Vector<float>(0.11948369f));
        p = Fma(p, t, new Vector<float>(7.40250758e-6f));
        Vector<float> tail = gauss * p;
        return Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One - tail, tail);
    }

    /// <summary>a·b + c, fused where the hardware can.</summary>
    public static Vector<float> Fma(Vector<float> a, Vector<float> b, Vector<float> c) => Vector.MultiplyAddEstimate(a, b, c);

    /// <summary>x = n·ln 2 + r with |r| ≤ ½ ln 2; gives eʳ − 1 = r + r²·Q(r), Q fitted to a relative error of 1e-8.</summary>
    private static Vector<float> ReducedExpm1(Vector<float> x, out Vector<int> n)
    {
        Vector<float> magic = new(RoundToInteger);
        Vector<float> shifted = Fma(x, new Vector<float>(Log2E), magic), whole = shifted - magic;
        n = Vector.AsVectorInt32(shifted) - Vector.AsVectorInt32(magic);
        Vector<float> r = Fma(whole, new Vector<float>(-Ln2Low), Fma(whole, new Vector<float>(-Ln2High), x));
        Vector<float> q = new(0.00138825183f);
        q = Fma(q, r, new Vector<float>(0.00836654718f));
        q = Fma(q, r, new Vector<float>(0.0416672007f));
        q = Fma(q, r, new Vector<float>(0.166665434f));
        q = Fma(q, r, new Vector<float>(0.499999981f));
        return Fma(r * r, q, r);
    }

    private static Vector<float> PowerOfTwo(Vector<int> n) => Vector.AsVectorSingle((n << 23) + new Vector<int>(OneBits));
}
