using System.Numerics;

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
}
