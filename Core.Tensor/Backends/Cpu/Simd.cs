using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vitrine.Tensors;

/// <summary>
/// What several CPU kernels do with a row of floats, on the widest vectors of the machine; see <see cref="SimdLoops{V}"/>.
/// </summary>
internal static unsafe class Simd
{
    /// <summary>Whether kernels use <see cref="Floats16"/>; otherwise <see cref="Floats8"/>. The compiler sees a constant.</summary>
    public static bool Wide => Vector256.IsHardwareAccelerated;

    /// <summary>
    /// Asks for the cache line at an address, to be read or written a few thousand cycles later; any address will do. Into the second-level
    /// cache: the first level can wait for 16 lines at a time only, too few to keep the memory busy while a loop computes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* at)
    {
        if (Sse.IsSupported) Sse.Prefetch1(at);
    }

    /// <summary>Σ x; long rows keep float32's accuracy.</summary>
    public static double Sum(float* x, int n) => Wide ? SimdLoops<Floats16>.Sum(x, n) : SimdLoops<Floats8>.Sum(x, n);

    /// <summary>Σ (x − mean)², while n elements that will be written next are fetched.</summary>
    public static double SumSquaredDeviations(float* x, float mean, int n, float* next) =>
        Wide ? SimdLoops<Floats16>.SumSquaredDeviations(x, mean, n, next) : SimdLoops<Floats8>.SumSquaredDeviations(x, mean, n, next);

    /// <summary>Σ a·b.</summary>
    public static double Dot(float* a, float* b, int n) => Wide ? SimdLoops<Floats16>.Dot(a, b, n) : SimdLoops<Floats8>.Dot(a, b, n);

    /// <summary>The largest element; −∞ of none. A NaN may be passed over.</summary>
    public static float Max(float* x, int n) => Wide ? SimdLoops<Floats16>.Max(x, n) : SimdLoops<Floats8>.Max(x, n);

    /// <summary>y = e^(x − shift) and its sum, kept in float64 between blocks so that a long row does not drift.</summary>
    public static double ExpSum(float* x, float* y, int n, float shift) =>
        Wide ? SimdLoops<Floats16>.ExpSum(x, y, n, shift) : SimdLoops<Floats8>.ExpSum(x, y, n, shift);

    /// <summary>y = a + b.</summary>
    public static void Add(float* a, float* b, float* y, int n)
    {
        if (Wide) SimdLoops<Floats16>.Add(a, b, y, n);
        else SimdLoops<Floats8>.Add(a, b, y, n);
    }

    /// <summary>y = a · b.</summary>
    public static void Multiply(float* a, float* b, float* y, int n)
    {
        if (Wide) SimdLoops<Floats16>.Multiply(a, b, y, n);
        else SimdLoops<Floats8>.Multiply(a, b, y, n);
    }

    /// <summary>y = factor · x.</summary>
    public static void Scale(float* x, float factor, float* y, int n)
    {
        if (Wide) SimdLoops<Floats16>.Scale(x, factor, y, n);
        else SimdLoops<Floats8>.Scale(x, factor, y, n);
    }

    /// <summary>y = x + shift.</summary>
    public static void Shift(float* x, float shift, float* y, int n)
    {
        if (Wide) SimdLoops<Floats16>.Shift(x, shift, y, n);
        else SimdLoops<Floats8>.Shift(x, shift, y, n);
    }

    /// <summary>y = factor · a + b.</summary>
    public static void MultiplyAdd(float* a, float factor, float* b, float* y, int n)
    {
        if (Wide) SimdLoops<Floats16>.MultiplyAdd(a, factor, b, y, n);
        else SimdLoops<Floats8>.MultiplyAdd(a, factor, b, y, n);
    }

    /// <summary>y = a · (b + shift).</summary>
    public static void MultiplyShifted(float* a, float* b, float shift, float* y, int n)
    {
        if (Wide) SimdLoops<Floats16>.MultiplyShifted(a, b, shift, y, n);
        else SimdLoops<Floats8>.MultiplyShifted(a, b, shift, y, n);
    }
}
