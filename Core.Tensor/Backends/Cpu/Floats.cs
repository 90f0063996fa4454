namespace Vitrine.Tensors;

/// <summary>A handful of floats that are computed with at once, so that a formula is written once and runs on every vector width.</summary>
/// <remarks>
/// <see cref="Floats16"/> serves 512-bit and 256-bit hardware (there each operation becomes two), <see cref="Floats8"/> 128-bit hardware:
/// the compiler splits a vector well in two, but not in four.
/// </remarks>
internal unsafe interface IFloats<V> where V : struct, IFloats<V>
{
    /// <summary>How many.</summary>
    static abstract int Count { get; }

    static abstract V Load(float* from);

    void Store(float* to);

    /// <summary>The same number everywhere.</summary>
    static abstract V Of(float x);

    static abstract V operator +(V a, V b);

    static abstract V operator -(V a, V b);

    static abstract V operator *(V a, V b);

    static abstract V operator /(V a, V b);

    static abstract V operator -(V a);

    /// <summary>a · b + c, fused where the hardware can.</summary>
    static abstract V Fma(V a, V b, V c);

    /// <summary>The smaller; b when one is NaN.</summary>
    static abstract V Min(V a, V b);

    /// <summary>The larger; b when one is NaN.</summary>
    static abstract V Max(V a, V b);

    static abstract V Abs(V x);

    static abstract V Sqrt(V x);

    /// <summary>|x| with the sign of another number.</summary>
    static abstract V CopySign(V x, V sign);

    /// <summary><paramref name="yes"/> where a &gt; b, else <paramref name="no"/>.</summary>
    static abstract V WhereGreater(V a, V b, V yes, V no);

    /// <summary><paramref name="yes"/> where a = b, else <paramref name="no"/>.</summary>
    static abstract V WhereEqual(V a, V b, V yes, V no);

    /// <summary>x · 2ⁿ for whole n from −126 to 128.</summary>
    static abstract V TimesPowerOfTwo(V x, V n);

    /// <summary>The m in [√½, √2) with x = m · 2ᵏ, for positive normal x.</summary>
    static abstract V Mantissa(V x, out V k);

    /// <summary>xᵖ for x ≥ 0, computed in float64: the error of a float32 logarithm would be amplified by p · ln x.</summary>
    static abstract V Power(V x, float p);

    /// <summary>The sum of all.</summary>
    static abstract float Sum(V x);

    /// <summary>The largest of all.</summary>
    static abstract float Largest(V x);
}
