namespace Vitrine.Tensors;

/// <summary>The loops of <see cref="Simd"/>, for one vector width.</summary>
/// <remarks>
/// Sums run in four vectors side by side, because one addition takes as long as four of them beginning one after the other. Place-by-place
/// loops round every product and every sum on its own, in the vector part as in the rest, so an element's bits do not depend on where it
/// lies.
/// </remarks>
internal static unsafe class SimdLoops<V> where V : struct, IFloats<V>
{
    public static double Sum(float* x, int n)
    {
        int i = 0;
        V a = V.Of(0), b = a, c = a, d = a;
        for (; i <= n - (4 * V.Count); i += 4 * V.Count)
        {
            a += V.Load(x + i);
            b += V.Load(x + i + V.Count);
            c += V.Load(x + i + (2 * V.Count));
            d += V.Load(x + i + (3 * V.Count));
        }
        for (; i <= n - V.Count; i += V.Count)
        {
            a += V.Load(x + i);
        }
        double sum = V.Sum((a + b) + (c + d));
        for (; i < n; i++)
        {
            sum += x[i];
        }
        return sum;
    }

    public static double SumSquaredDeviations(float* x, float mean, int n, float* next)
    {
        int i = 0;
        V mu = V.Of(mean), a = V.Of(0), b = a, c = a, d = a;
        for (; i <= n - (4 * V.Count); i += 4 * V.Count)
        {
            Simd.Prefetch(next + i);
            Simd.Prefetch(next + i + V.Count);
            Simd.Prefetch(next + i + (2 * V.Count));
            Simd.Prefetch(next + i + (3 * V.Count));
            V s = V.Load(x + i) - mu, t = V.Load(x + i + V.Count) - mu, u = V.Load(x + i + (2 * V.Count)) - mu,
                v = V.Load(x + i + (3 * V.Count)) - mu;
            a = V.Fma(s, s, a);
            b = V.Fma(t, t, b);
            c = V.Fma(u, u, c);
            d = V.Fma(v, v, d);
        }
        for (; i <= n - V.Count; i += V.Count)
        {
            V s = V.Load(x + i) - mu;
            a = V.Fma(s, s, a);
        }
        double sum = V.Sum((a + b) + (c + d));
        for (; i < n; i++)
        {
            double u = x[i] - mean;
            sum += u * u;
        }
        return sum;
    }

    public static double Dot(float* x, float* y, int n)
    {
        int i = 0;
        V a = V.Of(0), b = a, c = a, d = a;
        for (; i <= n - (4 * V.Count); i += 4 * V.Count)
        {
            a = V.Fma(V.Load(x + i), V.Load(y + i), a);
            b = V.Fma(V.Load(x + i + V.Count), V.Load(y + i + V.Count), b);
            c = V.Fma(V.Load(x + i + (2 * V.Count)), V.Load(y + i + (2 * V.Count)), c);
            d = V.Fma(V.Load(x + i + (3 * V.Count)), V.Load(y + i + (3 * V.Count)), d);
        }
        for (; i <= n - V.Count; i += V.Count)
        {
            a = V.Fma(V.Load(x + i), V.Load(y + i), a);
        }
        double sum = V.Sum((a + b) + (c + d));
        for (; i < n; i++)
        {
            sum += (double)x[i] * y[i];
        }
        return sum;
    }

    public static float Max(float* x, int n)
    {
        int i = 0;
        float max = float.NegativeInfinity;
        if (n >= V.Count)
        {
            V a = V.Load(x), b = a, c = a, d = a;
            for (i = V.Count; i <= n - (4 * V.Count); i += 4 * V.Count)
            {
                a = V.Max(a, V.Load(x + i));
                b = V.Max(b, V.Load(x + i + V.Count));
                c = V.Max(c, V.Load(x + i + (2 * V.Count)));
                d = V.Max(d, V.Load(x + i + (3 * V.Count)));
            }
            for (; i <= n - V.Count; i += V.Count)
            {
                a = V.Max(a, V.Load(x + i));
            }
            max = V.Largest(V.Max(V.Max(a, b), V.Max(c, d)));
        }
        for (; i < n; i++)
        {
            max = Math.Max(max, x[i]);
        }
        return max;
    }

    public static double ExpSum(float* x, float* y, int n, float shift)
    {
        const int Block = 1024;
        double sum = 0;
        for (int start = 0; start < n; start += Block)
        {
            int count = Math.Min(Block, n - start), whole = count - (count % V.Count);
            sum += ExpSumWhole(x + start, y + start, whole, shift, n);
            if (whole < count)
            {
                sum += ExpSumRest(x + start + whole, y + start + whole, count - whole, shift);
            }
        }
        return sum;
    }

    private static float ExpSumWhole(float* x, float* y, int n, float shift, int row)
    {
        V v = V.Of(shift), sum = V.Of(0);
        for (int i = 0; i < n; i += V.Count)
        {
            // Rows follow each other: the next one, and the place it goes to, are fetched while this one is computed.
            Simd.Prefetch(x + row + i);
            Simd.Prefetch(y + row + i);
            V e = SimdMath.Exp(V.Load(x + i) - v);
            e.Store(y + i);
            sum += e;
        }
        return V.Sum(sum);
    }

    /// <summary>
    /// The rest of a row takes the vector road too, padded with −∞, whose exponential is 0. On its own: a call inside a loop makes it spill
    /// its vectors.
    /// </summary>
    private static float ExpSumRest(float* x, float* y, int n, float shift)
    {
        float* rest = stackalloc float[V.Count];
        V.Of(float.NegativeInfinity).Store(rest);
        new ReadOnlySpan<float>(x, n).CopyTo(new Span<float>(rest, V.Count));
        V e = SimdMath.Exp(V.Load(rest) - V.Of(shift));
        e.Store(rest);
        new ReadOnlySpan<float>(rest, n).CopyTo(new Span<float>(y, n));
        return V.Sum(e);
    }

    public static void Add(float* a, float* b, float* y, int n)
    {
        int i = 0;
        for (; i <= n - V.Count; i += V.Count)
        {
            (V.Load(a + i) + V.Load(b + i)).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = a[i] + b[i];
        }
    }

    public static void Multiply(float* a, float* b, float* y, int n)
    {
        int i = 0;
        for (; i <= n - V.Count; i += V.Count)
        {
            (V.Load(a + i) * V.Load(b + i)).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = a[i] * b[i];
        }
    }

    public static void Scale(float* x, float factor, float* y, int n)
    {
        int i = 0;
        V f = V.Of(factor);
        for (; i <= n - V.Count; i += V.Count)
        {
            (V.Load(x + i) * f).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = x[i] * factor;
        }
    }

    public static void Shift(float* x, float shift, float* y, int n)
    {
        int i = 0;
        V s = V.Of(shift);
        for (; i <= n - V.Count; i += V.Count)
        {
            (V.Load(x + i) + s).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = x[i] + shift;
        }
    }

    public static void MultiplyAdd(float* a, float factor, float* b, float* y, int n)
    {
        int i = 0;
        V f = V.Of(factor);
        for (; i <= n - V.Count; i += V.Count)
        {
            ((V.Load(a + i) * f) + V.Load(b + i)).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = (a[i] * factor) + b[i];
        }
    }

    public static void MultiplyShifted(float* a, float* b, float shift, float* y, int n)
    {
        int i = 0;
        V s = V.Of(shift);
        for (; i <= n - V.Count; i += V.Count)
        {
            Simd.Prefetch(a + n + i); // the next rows
            Simd.Prefetch(b + n + i);
            Simd.Prefetch(y + n + i);
            (V.Load(a + i) * (V.Load(b + i) + s)).Store(y + i);
        }
        for (; i < n; i++)
        {
            y[i] = a[i] * (b[i] + shift);
        }
    }
}
