using System.Numerics;
using System.Runtime.Intrinsics;

namespace Vitrine.Tensors;

/// <summary>The few vector helpers that several CPU kernels share.</summary>
internal static unsafe class Simd
{
    /// <summary>Σ x, with four running sums; long rows keep float32's accuracy.</summary>
    public static double Sum(float* x, int n)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> a = default, b = default, c = default, d = default;
        for (; i <= n - (4 * width); i += 4 * width)
        {
            a += Vector.Load(x + i);
            b += Vector.Load(x + i + width);
            c += Vector.Load(x + i + (2 * width));
            d += Vector.Load(x + i + (3 * width));
        }
        for (; i <= n - width; i += width)
        {
            a += Vector.Load(x + i);
        }
        double sum = Vector.Sum((a + b) + (c + d));
        for (; i < n; i++)
        {
            sum += x[i];
        }
        return sum;
    }

    /// <summary>Σ (x − mean)².</summary>
    public static double SumSquaredDeviations(float* x, float mean, int n)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> mu = new(mean), a = default, b = default;
        for (; i <= n - (2 * width); i += 2 * width)
        {
            Vector<float> u = Vector.Load(x + i) - mu, v = Vector.Load(x + i + width) - mu;
            a += u * u;
            b += v * v;
        }
        double sum = Vector.Sum(a + b);
        for (; i < n; i++)
        {
            double u = x[i] - mean;
            sum += u * u;
        }
        return sum;
    }

    /// <summary>Σ a·b.</summary>
    public static double Dot(float* a, float* b, int n)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> s = default, t = default;
        for (; i <= n - (2 * width); i += 2 * width)
        {
            s = Vector.MultiplyAddEstimate(Vector.Load(a + i), Vector.Load(b + i), s);
            t = Vector.MultiplyAddEstimate(Vector.Load(a + i + width), Vector.Load(b + i + width), t);
        }
        double sum = Vector.Sum(s + t);
        for (; i < n; i++)
        {
            sum += (double)a[i] * b[i];
        }
        return sum;
    }

    /// <summary>The largest element; −∞ of none. A NaN may be passed over.</summary>
    public static float Max(float* x, int n)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> a = new(float.NegativeInfinity), b = a;
        for (; i <= n - (2 * width); i += 2 * width)
        {
            a = Vector.MaxNative(a, Vector.Load(x + i));
            b = Vector.MaxNative(b, Vector.Load(x + i + width));
        }
        a = Vector.MaxNative(a, b);
        float max = float.NegativeInfinity;
        for (int lane = 0; lane < width; lane++)
        {
            max = Math.Max(max, a[lane]);
        }
        for (; i < n; i++)
        {
            max = Math.Max(max, x[i]);
        }
        return max;
    }

    /// <summary>y = e^(x − shift) and its sum, kept in float64 between blocks so that a long row does not drift.</summary>
    public static double ExpSum(float* x, float* y, int n, float shift) =>
        Vector256.IsHardwareAccelerated ? ExpSum<Floats16>(x, y, n, shift) : ExpSum<Floats8>(x, y, n, shift);

    private static double ExpSum<V>(float* x, float* y, int n, float shift) where V : struct, IFloats<V>
    {
        const int Block = 1024;
        V v = V.Of(shift);
        float* rest = stackalloc float[V.Count];
        double sum = 0;
        for (int start = 0; start < n; start += Block)
        {
            int end = Math.Min(n, start + Block), i = start;
            V part = V.Of(0);
            for (; i <= end - V.Count; i += V.Count)
            {
                V e = SimdMath.Exp(V.Load(x + i) - v);
                e.Store(y + i);
                part += e;
            }
            if (i < end)
            {
                // The rest of a row takes the vector road too, padded with −∞, whose exponential is 0.
                V.Of(float.NegativeInfinity).Store(rest);
                new ReadOnlySpan<float>(x + i, end - i).CopyTo(new Span<float>(rest, V.Count));
                V e = SimdMath.Exp(V.Load(rest) - v);
                e.Store(rest);
                new ReadOnlySpan<float>(rest, end - i).CopyTo(new Span<float>(y + i, end - i));
                part += e;
            }
            sum += V.Sum(part);
        }
        return sum;
    }

    /// <summary>y = a + b.</summary>
    public static void Add(float* a, float* b, float* y, int n)
    {
        int i = 0;
        for (; i <= n - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.Load(a + i) + Vector.Load(b + i)).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = a[i] + b[i];
        }
    }

    /// <summary>y = factor · x.</summary>
    public static void Scale(float* x, float factor, float* y, int n)
    {
        int i = 0;
        for (; i <= n - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.Load(x + i) * factor).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = x[i] * factor;
        }
    }

    /// <summary>x = x + shift.</summary>
    public static void Shift(float* x, float shift, int n)
    {
        int i = 0;
        for (; i <= n - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.Load(x + i) + new Vector<float>(shift)).Store(x + i);
        }
        for (; i < n; i++)
        {
            x[i] += shift;
        }
    }

    /// <summary>y = factor · a + b.</summary>
    public static void MultiplyAdd(float* a, float factor, float* b, float* y, int n)
    {
        int i = 0;
        Vector<float> f = new(factor);
        for (; i <= n - Vector<float>.Count; i += Vector<float>.Count)
        {
            ((Vector.Load(a + i) * f) + Vector.Load(b + i)).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = (a[i] * factor) + b[i];
        }
    }
}
