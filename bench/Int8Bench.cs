using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary>
/// Products with 8-bit weights next to the same products in float32, on the shapes of GPT-2 XL. Every call meets another copy of the
/// weights, more of them than fit into any cache, as in a model; rounds of both kinds alternate. Before timing, samples of ours are checked
/// against float64.
/// </summary>
internal static class Int8Bench
{
    private const long Beyond = 330L << 20; // bytes of 8-bit weights that no cache holds

    private static readonly (int K, int N)[] s_shapes = [(1600, 1600), (1600, 6400), (6400, 1600)];

    private static readonly int[] s_rows = [1, 2, 4, 8, 12, 16, 24, 32, 64, 128, 512];

    /// <summary>Arguments: the report's path (optional).</summary>
    public static int Run(string[] args)
    {
        var report = new StringBuilder();
        Write(report, "# int8_mat_mul next to mat_mul\n");
        Write(report, $"{Machine.Header()}.\n");
        Write(report, "Baseline: the same product in float32, the faster of both layouts, [k, n] (GPT-2) and [n, k] (BERT, Marian, Llama). "
            + "ms, medians; weights beyond every");
        Write(report, "cache. Forward is X·Wᵀ + bias with W in 8 bits [n, k]; backward is dY·W with the same W. "
            + "Made by `dotnet run -c Release --project bench -- int8`.\n");
        Write(report, "| M × K × N | float32 forward | int8 forward | times as fast | GB/s of weights | float32 backward | int8 backward | "
            + "times as fast |");
        Write(report, "|---|---|---|---|---|---|---|---|");
        foreach ((int k, int n) in s_shapes)
        {
            var weights = new Weights(k, n);
            foreach (int m in s_rows)
            {
                Write(report, Compare(weights, m, k, n));
            }
        }
        if (args.Length > 0)
        {
            File.WriteAllText(args[0], report.ToString());
        }
        return 0;
    }

    private static string Compare(Weights weights, int m, int k, int n)
    {
        Tensor x = Random(1, [m, k]), dy = Random(2, [m, n]), bias = Random(3, [n]);
        Check(x, weights.Int8[0], bias, x.MatMul(weights.Int8[0], bias, transposeB: true));
        double[] times = Times(weights.Int8.Length, Math.Clamp(600 / m, 9, 60),
            i => x.MatMul(weights.Int8[i], bias, transposeB: true),
            i => x.MatMul(weights.Floats[i], bias),
            i => x.MatMul(weights.Transposed[i], bias, transposeB: true),
            i => dy.MatMul(weights.Int8[i]),
            i => dy.MatMul(weights.Floats[i], transposeB: true),
            i => dy.MatMul(weights.Transposed[i]));
        double forward = Math.Min(times[1], times[2]), backward = Math.Min(times[4], times[5]);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {m} × {k} × {n} | {forward:F2} | {times[0]:F2} | {forward / times[0]:F2} | {(double)k * n / times[0] / 1e6:F1} "
            + $"| {backward:F2} | {times[3]:F2} | {backward / times[3]:F2} |");
    }

    /// <summary>A hundred elements in float64, from the integers.</summary>
    private static void Check(Tensor x, Int8Matrix w, Tensor bias, Tensor y)
    {
        float[] a = x.ToArray(), s = w.Scale.ToArray(), b = bias.ToArray(), actual = y.ToArray();
        sbyte[] q = w.Values.ToSByteArray();
        (int m, int k, int n) = (x.Shape[0], x.Shape[1], w.Shape[0]);
        var random = new Random(5);
        for (int sample = 0; sample < 100; sample++)
        {
            (int i, int j) = (random.Next(m), random.Next(n));
            double exact = 0, size = Math.Abs(b[j]);
            for (int l = 0; l < k; l++)
            {
                double term = (double)a[(i * k) + l] * q[((long)j * k) + l] * s[j];
                (exact, size) = (exact + term, size + Math.Abs(term));
            }
            if (Math.Abs(actual[((long)i * n) + j] - exact - b[j]) > 1e-6 * size)
            {
                throw new InvalidOperationException($"int8_mat_mul is wrong at [{i}, {j}]: got {actual[((long)i * n) + j]}, "
                    + $"expected {exact + b[j]}.");
            }
        }
    }

    /// <summary>Median ms of each call, in alternating rounds of three; call number i takes copy i of the weights.</summary>
    private static double[] Times(int copies, int runs, params Action<int>[] calls)
    {
        List<double>[] times = [.. calls.Select(_ => new List<double>())];
        int next = 0;
        while (times[0].Count < runs)
        {
            for (int kind = 0; kind < calls.Length; kind++)
            {
                calls[kind](next++ % copies); // wakes the threads
                for (int i = 0; i < 3; i++)
                {
                    long start = Stopwatch.GetTimestamp();
                    calls[kind](next++ % copies);
                    times[kind].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }
        }
        return [.. times.Select(t => t.Order().ElementAt(t.Count / 2))];
    }

    private static Tensor Random(int seed, Shape shape)
    {
        var random = new Random(seed);
        float[] values = new float[shape.Elements];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }
        return Tensor.From(values, shape);
    }

    private static void Write(StringBuilder report, string line)
    {
        Console.WriteLine(line);
        report.Append(line).Append('\n');
    }

    /// <summary>Many copies of one matrix, in 8 bits and in both layouts of float32.</summary>
    private sealed class Weights
    {
        public Weights(int k, int n)
        {
            int copies = (int)(Beyond / ((long)k * n)) + 1;
            Tensor w = Random(4, [k, n]);
            Int8Matrix first = Int8Matrix.Quantize(w.Transpose());
            Int8 = [.. Enumerable.Range(0, copies).Select(_ => new Int8Matrix(Layout.Copy(first.Values), first.Scale))];
            Floats = [.. Enumerable.Range(0, copies).Select(_ => Layout.Copy(w))];
            Transposed = [.. Enumerable.Range(0, copies).Select(_ => Layout.Copy(w.Transpose()))];
        }

        public Int8Matrix[] Int8 { get; }

        public Tensor[] Floats { get; }

        public Tensor[] Transposed { get; }
    }
}
