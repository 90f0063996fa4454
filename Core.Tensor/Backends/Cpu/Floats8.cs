using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vitrine.Tensors;

/// <summary>8 floats: two registers of NEON or SSE.</summary>
internal readonly unsafe struct Floats8(Vector256<float> value) : IFloats<Floats8>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Load(float* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Of(float x) => new(Vector256.Create(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator +(Floats8 a, Floats8 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator -(Floats8 a, Floats8 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator *(Floats8 a, Floats8 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator /(Floats8 a, Floats8 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator -(Floats8 a) => new(-a._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Fma(Floats8 a, Floats8 b, Floats8 c) => new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Min(Floats8 a, Floats8 b) => new(Vector256.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Max(Floats8 a, Floats8 b) => new(Vector256.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Abs(Floats8 x) => new(Vector256.Abs(x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Sqrt(Floats8 x) => new(Vector256.Sqrt(x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 CopySign(Floats8 x, Floats8 sign) => new(Vector256.CopySign(x._value, sign._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 WhereGreater(Floats8 a, Floats8 b, Floats8 yes, Floats8 no) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(a._value, b._value), yes._value, no._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 WhereEqual(Floats8 a, Floats8 b, Floats8 yes, Floats8 no) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(a._value, b._value), yes._value, no._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 TimesPowerOfTwo(Floats8 x, Floats8 n)
    {
        // In two factors, because n may need more than one float exponent holds.
        Vector256<int> whole = Vector256.ConvertToInt32Native(n._value), half = whole >> 1, one = Vector256.Create(1f).AsInt32();
        return new(x._value * ((half << 23) + one).AsSingle() * (((whole - half) << 23) + one).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Mantissa(Floats8 x, out Floats8 k)
    {
        Vector256<int> bits = x._value.AsInt32(), exponent = (bits - Vector256.Create(0.70710677f).AsInt32()) >> 23;
        k = new(Vector256.ConvertToSingle(exponent));
        return new((bits - (exponent << 23)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Power(Floats8 x, float p)
    {
        (Vector256<double> low, Vector256<double> high) = Vector256.Widen(x._value);
        Vector256<double> exponent = Vector256.Create((double)p);
        return new(Vector256.Narrow(Vector256.Exp(Vector256.Log(low) * exponent), Vector256.Exp(Vector256.Log(high) * exponent)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats8 x) => Vector256.Sum(x._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Floats8 x)
    {
        Vector128<float> four = Vector128.MaxNative(x._value.GetLower(), x._value.GetUpper());
        Vector128<float> two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Math.Max(two[0], two[1]);
    }
}
