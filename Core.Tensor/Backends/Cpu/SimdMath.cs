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
    private const float Lowest = -87.3365f; // ln 2⁻¹²⁶
    // Adding 1.5 · 2²³ pushes the fraction out of the mantissa; subtracting it again leaves the nearest whole number.
    private const float RoundToWhole = 12582912f;

    /// <summary>eˣ within 1.5 ulp; +∞ from 88.73 on, NaN stays NaN. Results below the normal range (x &lt; −87.33) are 0.</summary>
    /// <remarks>A subnormal result costs some hundred cycles, and a softmax over hidden places is full of them.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x) where V : struct, IFloats<V> =>
        V.WhereGreater(V.Of(Lowest), x, V.Of(0), ExpWithin(V.Min(V.Of(89), V.Max(V.Of(Lowest), x))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpWithin<V>(V x) where V : struct, IFloats<V>
    {
        V r = Reduce(x, out V n);
        return V.TimesPowerOfTwo(V.Fma(V.Fma(Series(r), r, V.Of(1)), r, V.Of(1)), n);
    }

    /// <summary>
    /// 2ˣ within 2 ulp (and 0.2 · |x| more, from the rounding of x itself) for numbers known to lie between −126 and 127.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp2Within<V>(V x) where V : struct, IFloats<V>
    {
        V n = x + V.Of(RoundToWhole) - V.Of(RoundToWhole), r = x - n;
        V p = V.Of(0.00132645952f);
        p = V.Fma(p, r, V.Of(0.00967161915f));
        p = V.Fma(p, r, V.Of(0.0555073501f));
        p = V.Fma(p, r, V.Of(0.240222405f));
        p = V.Fma(p, r, V.Of(0.693146976f));
        return V.TimesPowerOfTwo(V.Fma(p, r, V.Of(1)), n);
    }

    /// <summary>eˣ − 1 without cancellation near 0, for |x| ≤ 40.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Expm1<V>(V x) where V : struct, IFloats<V>
    {
        V r = Reduce(x, out V n), scale = V.TimesPowerOfTwo(V.Of(1), n);
        return V.Fma(V.Fma(r * r, Series(r), r), scale, scale - V.Of(1));
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
        // x = 2ᵏ · m; ln m = 2s + s · z · L(z) with s = f / (2 + f), z = s², f = m − 1.
        V normal = V.Of(1.17549435e-38f); // smaller ones are scaled into the normal range
        V f = V.Mantissa(V.WhereGreater(normal, x, x * V.Of(1 << 25), x), out V k) - V.Of(1);
        k -= V.WhereGreater(normal, x, V.Of(25), V.Of(0));
        V s = f / (f + V.Of(2)), z = s * s, halfSquare = V.Of(0.5f) * f * f;
        V series = z * V.Fma(V.Fma(V.Of(0.298730759f), z, V.Of(0.399774955f)), z, V.Of(0.666667767f));
        // 2s = f − f²/2 + s · f²/2: written so, the large part f is added last and exactly.
        V rest = V.Fma(s, halfSquare + series, k * V.Of(Ln2Low)) - halfSquare;
        V log = rest + f + (k * V.Of(Ln2High));
        V infinity = V.Of(float.PositiveInfinity), zero = V.Of(0);
        V edge = V.WhereEqual(x, zero, -infinity, V.WhereEqual(x, infinity, infinity, V.Of(float.NaN)));
        return V.WhereGreater(x, zero, V.WhereGreater(infinity, x, log, edge), edge);
    }

    /// <summary>
    /// Φ(−a), the tail of the standard normal distribution, is gauss · P; this gives P. The product keeps its relative accuracy (10 ulp
    /// near 0, 1e-5 at −12), where ½ · (1 − erf(a/√2)) would cancel. Φ(−12.9) is 2e-38: what follows is subnormal, and slow.
    /// </summary>
    /// <param name="a">0 to 12.9.</param>
    /// <param name="gauss">e^(−a²/2).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalTail<V>(V a, out V gauss) where V : struct, IFloats<V>
    {
        gauss = Exp2Within(a * a * V.Of(-0.5f * Log2E));
        // P is a polynomial in 1 / (1 + 0.3a), fitted to a relative error of 6e-8.
        V t = V.Of(1) / V.Fma(a, V.Of(0.3f), V.Of(1));
        V p = V.Of(0.0384117577f);
        p = V.Fma(p, t, V.Of(-0.169328647f));
        p = V.Fma(p, t, V.Of(0.228995458f));
        p = V.Fma(p, t, V.Of(-0.0768894937f));
        p = V.Fma(p, t, V.Of(0.142799587f));
        p = V.Fma(p, t, V.Of(0.0945713036f));
        p = V.Fma(p, t, V.Of(0.121948971f));
        p = V.Fma(p, t, V.Of(0.11948369f));
        return V.Fma(p, t, V.Of(7.40250758e-6f));
    }

    /// <summary>The r with |r| ≤ ½ ln 2 and x = n · ln 2 + r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Reduce<V>(V x, out V n) where V : struct, IFloats<V>
    {
        n = V.Fma(x, V.Of(Log2E), V.Of(RoundToWhole)) - V.Of(RoundToWhole);
        return V.Fma(n, V.Of(-Ln2Low), V.Fma(n, V.Of(-Ln2High), x));
    }

    /// <summary>The Q of eʳ = 1 + r + r² · Q(r), fitted to a relative error of 1e-8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Series<V>(V r) where V : struct, IFloats<V>
    {
        V q = V.Of(0.00138825183f);
        q = V.Fma(q, r, V.Of(0.00836654718f));
        q = V.Fma(q, r, V.Of(0.0416672007f));
        q = V.Fma(q, r, V.Of(0.166665434f));
        return V.Fma(q, r, V.Of(0.499999981f));
    }
}
