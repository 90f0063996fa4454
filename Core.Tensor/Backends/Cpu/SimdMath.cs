// Elementary functions on vectors: the arithmetic inside softmax, gelu and the other curved ops.
//
// Every function works lane by lane, so an element's bits depend neither on its place in a vector nor on the thread that computed it.
// The polynomials are minimax fits (Remez exchange in 40 digits); errors are stated in units in the last place.

using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>exp, log, tanh, the logistic function and the normal distribution on float vectors, right at the edges too.</summary>
internal static class SimdMath
{
    private const float Log2E = 1.44269504f;
    // ln 2 in two pieces: n · Ln2High is exact for every n that occurs, the rest corrects it.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    // Adding 1.5 · 2²³ pushes the fraction out of the mantissa; subtracting it again leaves the nearest whole number.
    private const float RoundToWhole = 12582912f;

    /// <summary>eˣ within 1.5 ulp; subnormal results included, 0 below −104, +∞ from 88.73 on, NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x) where V : struct, IFloats<V> => ExpWithin(V.Min(V.Of(89), V.Max(V.Of(-104), x)));

    /// <summary>The same for numbers known to lie between −113 and 89.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpWithin<V>(V x) where V : struct, IFloats<V> => V.TimesPowerOfTwo(ReducedExpm1(x, out V n) + V.Of(1), n);

    /// <summary>eˣ − 1 without cancellation near 0, for |x| ≤ 40.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Expm1<V>(V x) where V : struct, IFloats<V>
    {
        V reduced = ReducedExpm1(x, out V n), scale = V.TimesPowerOfTwo(V.Of(1), n);
        return V.Fma(reduced, scale, scale - V.Of(1));
    }

    /// <summary>tanh x = t / (t + 2) with t = e^(2|x|) − 1, and the sign of x; within 2.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x) where V : struct, IFloats<V>
    {
        V a = V.Min(V.Of(10), V.Abs(x)); // tanh 9.1 is 1 in float32
        V t = Expm1(a + a);
        return V.CopySign(t / (t + V.Of(2)), x);
    }

    /// <summary>1 / (1 + e⁻ˣ) within 2.5 ulp; results below the normal range are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x) where V : struct, IFloats<V> => V.Of(1) / (V.Of(1) + Exp(-x));

    /// <summary>ln x within 1.1 ulp; −∞ at 0, NaN below, subnormal arguments included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V>(V x) where V : struct, IFloats<V>
    {
        V small = V.Greater(V.Of(1.17549435e-38f), x); // subnormal: scale into the normal range
        // x = 2ᵏ · m; ln m = 2s + s · z · L(z) with s = f / (2 + f), z = s², f = m − 1.
        V f = V.Mantissa(V.Select(small, x * V.Of(1 << 25), x), out V k) - V.Of(1);
        k -= V.Select(small, V.Of(25), V.Of(0));
        V s = f / (f + V.Of(2)), z = s * s, halfSquare = V.Of(0.5f) * f * f;
        V series = z * V.Fma(V.Fma(V.Of(0.298730759f), z, V.Of(0.399774955f)), z, V.Of(0.666667767f));
        // 2s = f − f²/2 + s · f²/2: written so, the large part f is added last and exactly.
        V rest = V.Fma(s, halfSquare + series, k * V.Of(Ln2Low)) - halfSquare;
        V log = rest + f + (k * V.Of(Ln2High));
        V infinity = V.Of(float.PositiveInfinity), zero = V.Of(0);
        V edge = V.Select(V.Equal(x, zero), -infinity, V.Select(V.Equal(x, infinity), infinity, V.Of(float.NaN)));
        return V.Select(V.Greater(x, zero), V.Select(V.Greater(infinity, x), log, edge), edge);
    }

    /// <summary>
    /// Φ(x), the standard normal distribution, and its density φ(x). Both tails keep their relative accuracy (7 ulp): ½ · (1 + erf(x/√2)) would cancel
    /// for negative x.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalCdf<V>(V x, out V density) where V : struct, IFloats<V>
    {
        V a = V.Min(V.Of(15), V.Abs(x)); // Φ(−15) is 0 in float32
        // e^(−a²/2), with the rounding error of a² put back: in the tail it would be amplified a hundred times.
        V square = a * a, lost = V.Fma(a, a, -square);
        V gauss = ExpWithin(square * V.Of(-0.5f));
        gauss = V.Fma(gauss * V.Of(-0.5f), lost, gauss);
        density = gauss * V.Of(0.398942280f);
        // Φ(−a) = e^(−a²/2) · P(t) with t = 1 / (1 + 0.3a); relative error of P 6e-8 up to a = 14.6.
        V t = V.Of(1) / V.Fma(a, V.Of(0.3f), V.Of(1));
        V p = V.Of(0.0384117577f);
        p = V.Fma(p, t, V.Of(-0.169328647f));
        p = V.Fma(p, t, V.Of(0.228995458f));
        p = V.Fma(p, t, V.Of(-0.0768894937f));
        p = V.Fma(p, t, V.Of(0.142799587f));
        p = V.Fma(p, t, V.Of(0.0945713036f));
        p = V.Fma(p, t, V.Of(0.121948971f));
        p = V.Fma(p, t, V.Of(0.11948369f));
        p = V.Fma(p, t, V.Of(7.40250758e-6f));
        V tail = gauss * p;
        return V.Select(V.Greater(x, V.Of(0)), V.Of(1) - tail, tail);
    }

    /// <summary>x = n · ln 2 + r with |r| ≤ ½ ln 2; gives eʳ − 1 = r + r² · Q(r), Q fitted to a relative error of 1e-8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ReducedExpm1<V>(V x, out V n) where V : struct, IFloats<V>
    {
        n = V.Fma(x, V.Of(Log2E), V.Of(RoundToWhole)) - V.Of(RoundToWhole);
        V r = V.Fma(n, V.Of(-Ln2Low), V.Fma(n, V.Of(-Ln2High), x));
        V q = V.Of(0.00138825183f);
        q = V.Fma(q, r, V.Of(0.00836654718f));
        q = V.Fma(q, r, V.Of(0.0416672007f));
        q = V.Fma(q, r, V.Of(0.166665434f));
        q = V.Fma(q, r, V.Of(0.499999981f));
        return V.Fma(r * r, q, r);
    }
}
