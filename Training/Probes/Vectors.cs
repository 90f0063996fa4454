using System.Numerics;
using System.Runtime.InteropServices;

namespace Vitrine.Training;

/// <summary>Sums over vectors of doubles, as wide as the processor's registers.</summary>
internal static class Vectors
{
    /// <summary>Σ aᵢbᵢ.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ReadOnlySpan<Vector<double>> x = MemoryMarshal.Cast<double, Vector<double>>(a), y = MemoryMarshal.Cast<double, Vector<double>>(b);
        (Vector<double> even, Vector<double> odd) = (default, default);
        int i = 0;
        for (; i + 1 < x.Length; i += 2)
        {
            (even, odd) = (even + (x[i] * y[i]), odd + (x[i + 1] * y[i + 1]));
        }
        double sum = Vector.Sum(i < x.Length ? even + odd + (x[i] * y[i]) : even + odd);
        for (int rest = x.Length * Vector<double>.Count; rest < a.Length; rest++)
        {
            sum += a[rest] * b[rest];
        }
        return sum;
    }

    /// <summary>a += factor · b.</summary>
    public static void Add(Span<double> a, ReadOnlySpan<double> b, double factor)
    {
        Span<Vector<double>> x = MemoryMarshal.Cast<double, Vector<double>>(a);
        ReadOnlySpan<Vector<double>> y = MemoryMarshal.Cast<double, Vector<double>>(b);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] += y[i] * factor;
        }
        for (int rest = x.Length * Vector<double>.Count; rest < a.Length; rest++)
        {
            a[rest] += factor * b[rest];
        }
    }

    /// <summary>a + factor · b, as a new vector.</summary>
    public static double[] Combine(double[] a, double[] b, double factor)
    {
        double[] sum = [.. a];
        Add(sum, b, factor);
        return sum;
    }
}
