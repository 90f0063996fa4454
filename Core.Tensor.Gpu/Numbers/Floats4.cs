using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>Four floats of a GPU's work-item, which load and store as one where they lie on 16 bytes.</summary>
internal readonly unsafe struct Floats4(Floats1 x, Floats1 y, Floats1 z, Floats1 w) : IFloats<Floats4>
{
    public readonly Floats1 X = x, Y = y, Z = z, W = w;

    /// <summary>Four numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Of(float x, float y, float z, float w) => new(new(x), new(y), new(z), new(w));

    public static int Count => 4;

    public static Floats4 Load(float* from) => Of(from[0], from[1], from[2], from[3]);

    public void Store(float* to) => (to[0], to[1], to[2], to[3]) = (X.Value, Y.Value, Z.Value, W.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Of(float x) => Of(x, x, x, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator +(Floats4 a, Floats4 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator -(Floats4 a, Floats4 b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z, a.W - b.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator *(Floats4 a, Floats4 b) => new(a.X * b.X, a.Y * b.Y, a.Z * b.Z, a.W * b.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator /(Floats4 a, Floats4 b) => new(a.X / b.X, a.Y / b.Y, a.Z / b.Z, a.W / b.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator *(Floats4 a, float b) =>
        new(new(a.X.Value * b), new(a.Y.Value * b), new(a.Z.Value * b), new(a.W.Value * b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator -(Floats4 a, float b) =>
        new(new(a.X.Value - b), new(a.Y.Value - b), new(a.Z.Value - b), new(a.W.Value - b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator -(Floats4 a) => new(-a.X, -a.Y, -a.Z, -a.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Fma(Floats4 a, Floats4 b, Floats4 c) =>
        new(Floats1.Fma(a.X, b.X, c.X), Floats1.Fma(a.Y, b.Y, c.Y), Floats1.Fma(a.Z, b.Z, c.Z), Floats1.Fma(a.W, b.W, c.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Min(Floats4 a, Floats4 b) =>
        new(Floats1.Min(a.X, b.X), Floats1.Min(a.Y, b.Y), Floats1.Min(a.Z, b.Z), Floats1.Min(a.W, b.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Max(Floats4 a, Floats4 b) =>
        new(Floats1.Max(a.X, b.X), Floats1.Max(a.Y, b.Y), Floats1.Max(a.Z, b.Z), Floats1.Max(a.W, b.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Abs(Floats4 x) => new(Floats1.Abs(x.X), Floats1.Abs(x.Y), Floats1.Abs(x.Z), Floats1.Abs(x.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Sqrt(Floats4 x) => new(Floats1.Sqrt(x.X), Floats1.Sqrt(x.Y), Floats1.Sqrt(x.Z), Floats1.Sqrt(x.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 CopySign(Floats4 x, Floats4 sign) =>
        new(Floats1.CopySign(x.X, sign.X), Floats1.CopySign(x.Y, sign.Y), Floats1.CopySign(x.Z, sign.Z), Floats1.CopySign(x.W, sign.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 WhereGreater(Floats4 a, Floats4 b, Floats4 yes, Floats4 no) =>
        new(Floats1.WhereGreater(a.X, b.X, yes.X, no.X), Floats1.WhereGreater(a.Y, b.Y, yes.Y, no.Y),
            Floats1.WhereGreater(a.Z, b.Z, yes.Z, no.Z), Floats1.WhereGreater(a.W, b.W, yes.W, no.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 WhereEqual(Floats4 a, Floats4 b, Floats4 yes, Floats4 no) =>
        new(Floats1.WhereEqual(a.X, b.X, yes.X, no.X), Floats1.WhereEqual(a.Y, b.Y, yes.Y, no.Y),
            Floats1.WhereEqual(a.Z, b.Z, yes.Z, no.Z), Floats1.WhereEqual(a.W, b.W, yes.W, no.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 TimesPowerOfTwo(Floats4 x, Floats4 n) =>
        new(Floats1.TimesPowerOfTwo(x.X, n.X), Floats1.TimesPowerOfTwo(x.Y, n.Y),
            Floats1.TimesPowerOfTwo(x.Z, n.Z), Floats1.TimesPowerOfTwo(x.W, n.W));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Mantissa(Floats4 x, out Floats4 k)
    {
        var y = new Floats4(Floats1.Mantissa(x.X, out Floats1 kx), Floats1.Mantissa(x.Y, out Floats1 ky),
            Floats1.Mantissa(x.Z, out Floats1 kz), Floats1.Mantissa(x.W, out Floats1 kw));
        k = new(kx, ky, kz, kw);
        return y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Power(Floats4 x, float p) =>
        new(Floats1.Power(x.X, p), Floats1.Power(x.Y, p), Floats1.Power(x.Z, p), Floats1.Power(x.W, p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats4 x) => (x.X.Value + x.Y.Value) + (x.Z.Value + x.W.Value);

    /// <summary>The largest; NaN is greater than all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Floats4 x) =>
        Greater.Of(Greater.Of(x.X.Value, x.Y.Value), Greater.Of(x.Z.Value, x.W.Value));
}
