using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Comparisons of number arrays that say where and by how much they differ.</summary>
internal static class TensorAssert
{
    /// <summary>|actual − expected| ≤ atol + rtol·|expected| everywhere; NaN equals only NaN.</summary>
    public static void Close(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected, double rtol, double atol, string what = "")
    {
        Assert.True(actual.Length == expected.Length, $"{what}: length differs; got {actual.Length}; expected {expected.Length}.");
        int worst = -1, bad = 0;
        double worstExcess = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            bool same = double.IsNaN(expected[i]) ? float.IsNaN(actual[i]) : actual[i] == expected[i]
                || (double.IsInfinity(expected[i]) && actual[i] == (float)expected[i]);
            double excess = same ? 0 : Math.Abs(actual[i] - expected[i]) / (atol + (rtol * Math.Abs(expected[i])));
            if (!same && !(excess <= 1))
            {
                bad++;
                if (worst < 0 || !(excess <= worstExcess))
                {
                    (worst, worstExcess) = (i, excess);
                }
            }
        }
        Assert.True(bad == 0, bad == 0 ? "" : $"{what}: {bad} of {actual.Length} differ; "
            + $"worst at {worst}: got {actual[worst]:R}, expected {expected[worst]:R} ({worstExcess:G3} x tolerance {atol:G2} "
            + $"+ {rtol:G2}·|x|).");
    }

    /// <summary>The same for a tensor.</summary>
    public static void Close(Tensor actual, ReadOnlySpan<double> expected, double rtol = 1e-4, double atol = 1e-5, string what = "") =>
        Close(actual.ToArray(), expected, rtol, atol, what);

    /// <summary>The same between two float arrays.</summary>
    public static void Close(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double rtol = 1e-4, double atol = 1e-5,
        string what = "") =>
        Close(actual, Widen(expected), rtol, atol, what);

    private static double[] Widen(ReadOnlySpan<float> values)
    {
        double[] wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }
        return wide;
    }
}
