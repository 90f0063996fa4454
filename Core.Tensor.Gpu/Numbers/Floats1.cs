using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>
/// One float of a GPU's work-item: with it <see cref="SimdMath"/> and the ops' own formulas compile for the GPU as they are.
/// </summary>
internal readonly unsafe struct Floats1(float value) : IFloats<Floats1>
{
    private const uint Magnitude = 0x7fffffff, Sign = 0x80000000;
    private const int RootHalf = 0x3f3504f3; // the bits of √½

    /// <summary>The number.</summary>
    public readonly float Value = value;

    public static int Count => 1;

    public static Floats1 Load(float* from) => new(*from);

    public void Store(float* to) => *to = Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 Of(float x) => new(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 operator +(Floats1 a, Floats1 b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 operator -(Floats1 a, Floats1 b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 operator *(Floats1 a, Floats1 b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 operator /(Floats1 a, Floats1 b) => new(a.Value / b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 operator -(Floats1 a) => new(-a.Value);

    /// <summary>For ILGPU a call of a function that it does not know: <see cref="OpenClText"/> and <see cref="PtxText"/> do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 Fma(Floats1 a, Floats1 b, Floats1 c) => new(MathF.FusedMultiplyAdd(a.Value, b.Value, c.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 Min(Floats1 a, Floats1 b) => new(a.Value < b.Value ? a.Value : b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 Max(Floats1 a, Floats1 b) => new(a.Value > b.Value ? a.Value : b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 Abs(Floats1 x) => new(Interop.IntAsFloat(Interop.FloatAsInt(x.Value) & Magnitude));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 Sqrt(Floats1 x) => new(MathF.Sqrt(x.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 CopySign(Floats1 x, Floats1 sign) =>
        new(Interop.IntAsFloat((Interop.FloatAsInt(x.Value) & Magnitude) | (Interop.FloatAsInt(sign.Value) & Sign)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 WhereGreater(Floats1 a, Floats1 b, Floats1 yes, Floats1 no) => new(a.Value > b.Value ? yes.Value : no.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 WhereEqual(Floats1 a, Floats1 b, Floats1 yes, Floats1 no) => new(a.Value == b.Value ? yes.Value : no.Value);

    /// <summary>As 2 x 2ⁿ⁻¹: n may be 128, which no float's exponent holds. Where it is −126 the result is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 TimesPowerOfTwo(Floats1 x, Floats1 n) =>
        new(2 * (x.Value * Interop.IntAsFloat((uint)(((int)n.Value + 126) << 23))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 Mantissa(Floats1 x, out Floats1 k)
    {
        int bits = (int)Interop.FloatAsInt(x.Value), exponent = (bits - RootHalf) >> 23;
        k = new(exponent);
        return new(Interop.IntAsFloat((uint)(bits - (exponent << 23))));
    }

    /// <summary>In float32: a GPU may have no float64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats1 Power(Floats1 x, float p) =>
        new(x.Value == 0 ? (p > 0 ? 0 : float.PositiveInfinity) : SimdMath.Exp(new Floats1(p) * SimdMath.Log(x)).Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats1 x) => x.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Floats1 x) => x.Value;
}
