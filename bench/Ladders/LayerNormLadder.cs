// y = γ·(x − mean)/√(variance + ε) + β over rows of 768: bound by memory, so every rung reads and writes less, or waits less.

using System.Numerics;
using Vitrine.Tensors;

namespace Vitrine.Bench.Ladders;

/// <summary>The ladder of layer normalisation.</summary>
internal static class LayerNormLadder
{
    private const int Rows = 4096;
    private const int Width = 768;
    private const float Epsilon = 1e-5f;

    public static Ladder Create()
    {
        float[] x = Ladder.Random(1, Rows * Width), gamma = Ladder.Random(2, Width), beta = Ladder.Random(3, Width),
            y = new float[Rows * Width];
        Tensor tx = Tensor.From(x, [Rows, Width]), tg = Tensor.From(gamma, [Width]), tb = Tensor.From(beta, [Width]);
        return new Ladder
        {
            Title = $"Layer normalisation, {Rows} rows of {Width}",
            Bytes = 2.0 * sizeof(float) * Rows * Width,
            Output = y,
            Expected = Exact(x, gamma, beta),
            Rungs =
            [
                new("textbook", "three sweeps over the whole tensor: all means, all variances, all results; "
                    + "it is fetched from memory three times", () => Textbook(x, gamma, beta, y)),
                new("row by row", "a row of 3 KiB stays in cache for its three passes; "
                    + "memory is read once", () => RowByRow(x, gamma, beta, y)),
                new("four sums", "a sum must wait for the sum before it; "
                    + "four of them side by side do not", () => FourSums(x, gamma, beta, y)),
                new("vectors", "every pass handles a whole vector at once", () => Vectors(x, gamma, beta, y, 0, Rows)),
                new("threads", "rows are dealt out to the processors",
                    () => Workers.For(Rows, (from, to) => Vectors(x, gamma, beta, y, from, to), grain: 16)),
                Rung.Engine("the same with sums in float64, and mean and 1/deviation kept for the backward pass (Ops/LayerNorm)",
                    () => tx.LayerNorm(tg, tb, Epsilon)),
            ],
        };
    }

    private static void Textbook(float[] x, float[] gamma, float[] beta, float[] y)
    {
        float[] mean = new float[Rows], rstd = new float[Rows];
        for (int i = 0; i < x.Length; i++)
        {
            mean[i / Width] += x[i] / Width;
        }
        for (int i = 0; i < x.Length; i++)
        {
            float d = x[i] - mean[i / Width];
            rstd[i / Width] += d * d / Width;
        }
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = ((x[i] - mean[i / Width]) / MathF.Sqrt(rstd[i / Width] + Epsilon) * gamma[i % Width]) + beta[i % Width];
        }
    }

    private static void RowByRow(float[] x, float[] gamma, float[] beta, float[] y)
    {
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> xr = x.AsSpan(row * Width, Width);
            float sum = 0, squares = 0;
            for (int i = 0; i < Width; i++)
            {
                sum += xr[i];
            }
            float mean = sum / Width;
            for (int i = 0; i < Width; i++)
            {
                squares += (xr[i] - mean) * (xr[i] - mean);
            }
            Normalize(xr, mean, 1 / MathF.Sqrt((squares / Width) + Epsilon), gamma, beta, y.AsSpan(row * Width, Width));
        }
    }

    private static void FourSums(float[] x, float[] gamma, float[] beta, float[] y)
    {
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> xr = x.AsSpan(row * Width, Width);
            float s0 = 0, s1 = 0, s2 = 0, s3 = 0, q0 = 0, q1 = 0, q2 = 0, q3 = 0;
            for (int i = 0; i < Width; i += 4)
            {
                (s0, s1, s2, s3) = (s0 + xr[i], s1 + xr[i + 1], s2 + xr[i + 2], s3 + xr[i + 3]);
            }
            float mean = (s0 + s1 + s2 + s3) / Width;
            for (int i = 0; i < Width; i += 4)
            {
                float a = xr[i] - mean, b = xr[i + 1] - mean, c = xr[i + 2] - mean, d = xr[i + 3] - mean;
                (q0, q1, q2, q3) = (q0 + (a * a), q1 + (b * b), q2 + (c * c), q3 + (d * d));
            }
            Normalize(xr, mean, 1 / MathF.Sqrt(((q0 + q1 + q2 + q3) / Width) + Epsilon), gamma, beta, y.AsSpan(row * Width, Width));
        }
    }

    private static void Normalize(ReadOnlySpan<float> x, float mean, float rstd, float[] gamma, float[] beta, Span<float> y)
    {
        for (int i = 0; i < Width; i++)
        {
            y[i] = ((x[i] - mean) * rstd * gamma[i]) + beta[i];
        }
    }

    private static void Vectors(float[] x, float[] gamma, float[] beta, float[] y, int from, int to)
    {
        int lanes = Vector<float>.Count;
        for (int row = from; row < to; row++)
        {
            ReadOnlySpan<float> xr = x.AsSpan(row * Width, Width);
            Span<float> yr = y.AsSpan(row * Width, Width);
            Vector<float> s0 = default, s1 = default, q0 = default, q1 = default;
            for (int i = 0; i < Width; i += 2 * lanes)
            {
                s0 += new Vector<float>(xr[i..]);
                s1 += new Vector<float>(xr[(i + lanes)..]);
            }
            var mean = new Vector<float>(Vector.Sum(s0 + s1) / Width);
            for (int i = 0; i < Width; i += 2 * lanes)
            {
                Vector<float> a = new Vector<float>(xr[i..]) - mean, b = new Vector<float>(xr[(i + lanes)..]) - mean;
                q0 = Vector.FusedMultiplyAdd(a, a, q0);
                q1 = Vector.FusedMultiplyAdd(b, b, q1);
            }
            var rstd = new Vector<float>(1 / MathF.Sqrt((Vector.Sum(q0 + q1) / Width) + Epsilon));
            for (int i = 0; i < Width; i += lanes)
            {
                Vector<float> scaled = (new Vector<float>(xr[i..]) - mean) * rstd;
                Vector.FusedMultiplyAdd(scaled, new Vector<float>(gamma.AsSpan(i)), new Vector<float>(beta.AsSpan(i))).CopyTo(yr[i..]);
            }
        }
    }

    /// <summary>The answer in float64; rows are as wide as gamma.</summary>
    public static double[] Exact(float[] x, float[] gamma, float[] beta)
    {
        double[] y = new double[x.Length];
        int width = gamma.Length;
        for (int row = 0; row < x.Length / width; row++)
        {
            double[] xr = [.. x.AsSpan(row * width, width).ToArray().Select(v => (double)v)];
            double mean = xr.Average(), variance = xr.Average(v => (v - mean) * (v - mean));
            for (int i = 0; i < width; i++)
            {
                y[(row * width) + i] = ((xr[i] - mean) / Math.Sqrt(variance + Epsilon) * gamma[i]) + beta[i];
            }
        }
        return y;
    }
}
