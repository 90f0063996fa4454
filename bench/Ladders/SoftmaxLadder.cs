// y = exp(x − max)/Σ exp(x − max) over rows of 1024: an exponential per number, until vectors make memory the limit.

using System.Numerics;
using Vitrine.Tensors;

namespace Vitrine.Bench.Ladders;

/// <summary>The ladder of softmax.</summary>
internal static class SoftmaxLadder
{
    private const int Rows = 4096;
    private const int Width = 1024;

    public static Ladder Create()
    {
        float[] x = [.. Ladder.Random(1, Rows * Width).Select(v => v * 20)], y = new float[Rows * Width];
        Tensor tx = Tensor.From(x, [Rows, Width]);
        return new Ladder
        {
            Title = $"Softmax, {Rows} rows of {Width}",
            Bytes = 2.0 * sizeof(float) * Rows * Width,
            Output = y,
            Expected = Exact(x, Width),
            Rungs =
            [
                new("textbook", "maximum, sum of exponentials, exponentials again divided by the sum: two exponentials per number",
                    () => Textbook(x, y)),
                new("keep", "the exponentials are kept in y, and y is scaled: one exponential per number, one division per row",
                    () => Keep(x, y)),
                new("online", "maximum and sum in one pass: when the maximum grows, the sum so far shrinks by e^(old − new); "
                    + "one pass less, one exponential more (Milakov & Gimelshein 2018)", () => Online(x, y)),
                new("vectors", "the kept form with a vector of exponentials at once, a polynomial instead of a library call",
                    () => Vectors(x, y, 0, Rows)),
                new("threads", "rows are dealt out to the processors",
                    () => Workers.For(Rows, (from, to) => Vectors(x, y, from, to), grain: 16)),
                Rung.Engine("the same with a polynomial of its own, and a mask where there is one (Ops/Softmax)", () => tx.Softmax()),
            ],
        };
    }

    private static void Textbook(float[] x, float[] y)
    {
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> xr = x.AsSpan(row * Width, Width);
            float max = float.NegativeInfinity, sum = 0;
            foreach (float v in xr)
            {
                max = MathF.Max(max, v);
            }
            foreach (float v in xr)
            {
                sum += MathF.Exp(v - max);
            }
            for (int i = 0; i < Width; i++)
            {
                y[(row * Width) + i] = MathF.Exp(xr[i] - max) / sum;
            }
        }
    }

    private static void Keep(float[] x, float[] y)
    {
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> xr = x.AsSpan(row * Width, Width);
            Span<float> yr = y.AsSpan(row * Width, Width);
            float max = float.NegativeInfinity, sum = 0;
            foreach (float v in xr)
            {
                max = MathF.Max(max, v);
            }
            for (int i = 0; i < Width; i++)
            {
                yr[i] = MathF.Exp(xr[i] - max);
                sum += yr[i];
            }
            float scale = 1 / sum;
            for (int i = 0; i < Width; i++)
            {
                yr[i] *= scale;
            }
        }
    }

    private static void Online(float[] x, float[] y)
    {
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> xr = x.AsSpan(row * Width, Width);
            float max = float.NegativeInfinity, sum = 0;
            foreach (float v in xr)
            {
                if (v > max)
                {
                    (sum, max) = (sum * MathF.Exp(max - v), v);
                }
                sum += MathF.Exp(v - max);
            }
            float scale = 1 / sum;
            for (int i = 0; i < Width; i++)
            {
                y[(row * Width) + i] = MathF.Exp(xr[i] - max) * scale;
            }
        }
    }

    private static void Vectors(float[] x, float[] y, int from, int to)
    {
        int lanes = Vector<float>.Count;
        for (int row = from; row < to; row++)
        {
            ReadOnlySpan<float> xr = x.AsSpan(row * Width, Width);
            Span<float> yr = y.AsSpan(row * Width, Width);
            var most = new Vector<float>(float.NegativeInfinity);
            for (int i = 0; i < Width; i += lanes)
            {
                most = Vector.Max(most, new Vector<float>(xr[i..]));
            }
            float max = float.NegativeInfinity;
            for (int lane = 0; lane < lanes; lane++)
            {
                max = MathF.Max(max, most[lane]);
            }
            Vector<float> shift = new(max), sum = default;
            for (int i = 0; i < Width; i += lanes)
            {
                Vector<float> e = Vector.Exp(new Vector<float>(xr[i..]) - shift);
                e.CopyTo(yr[i..]);
                sum += e;
            }
            var scale = new Vector<float>(1 / Vector.Sum(sum));
            for (int i = 0; i < Width; i += lanes)
            {
                (new Vector<float>(yr[i..]) * scale).CopyTo(yr[i..]);
            }
        }
    }

    /// <summary>The answer in float64.</summary>
    public static double[] Exact(float[] x, int width)
    {
        double[] y = new double[x.Length];
        for (int row = 0; row < x.Length / width; row++)
        {
            double max = x.AsSpan(row * width, width).ToArray().Max(), sum = 0;
            for (int i = row * width; i < (row + 1) * width; i++)
            {
                sum += y[i] = Math.Exp(x[i] - max);
            }
            for (int i = row * width; i < (row + 1) * width; i++)
            {
                y[i] /= sum;
            }
        }
        return y;
    }
}
