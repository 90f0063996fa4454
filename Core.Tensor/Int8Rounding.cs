using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>The two loops of quantisation: the largest magnitude of a row, and its elements as multiples of it.</summary>
internal static unsafe class Int8Rounding
{
    /// <summary>max |x|; NaN or infinity when an element is.</summary>
    public static float LargestMagnitude(float* x, int n)
    {
        Vector<float> largest = Vector<float>.Zero, sum = Vector<float>.Zero; // 0 · x is NaN where x is not finite, and stays so
        int j = 0;
        for (; j <= n - Vector<float>.Count; j += Vector<float>.Count)
        {
            Vector<float> v = Vector.Load(x + j);
            largest = Vector.Max(largest, Vector.Abs(v));
            sum += v * Vector<float>.Zero;
        }
        float worst = 0, check = Vector.Sum(sum);
        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            worst = Math.Max(worst, largest[lane]);
        }
        for (; j < n; j++)
        {
            worst = Math.Max(worst, Math.Abs(x[j]));
            check += x[j] * 0;
        }
        return worst + check;
    }

    /// <summary>q = round(127 · x / largest), ties to even; zeros when largest is 0.</summary>
    public static void Round(float* x, sbyte* q, int n, float largest)
    {
        if (largest == 0)
        {
            new Span<sbyte>(q, n).Clear();
            return;
        }
        // In this order, and not x · (127 / largest): the largest element becomes 127 exactly, also where 127 / largest would be infinite.
        int j = 0;
        for (; j <= n - Vector<sbyte>.Count; j += Vector<sbyte>.Count)
        {
            Vector<short> low = Vector.Narrow(Whole(x + j), Whole(x + j + Vector<int>.Count));
            Vector<short> high = Vector.Narrow(Whole(x + j + (2 * Vector<int>.Count)), Whole(x + j + (3 * Vector<int>.Count)));
            Vector.Narrow(low, high).Store(q + j);
        }
        for (; j < n; j++)
        {
            q[j] = (sbyte)MathF.Round(x[j] / largest * Int8Matrix.Largest, MidpointRounding.ToEven);
        }

        Vector<int> Whole(float* at) =>
            Vector.ConvertToInt32(Vector.Round(Vector.Load(at) / new Vector<float>(largest) * Int8Matrix.Largest, MidpointRounding.ToEven));
    }
}
