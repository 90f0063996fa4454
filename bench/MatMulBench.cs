using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary>
/// Our matrix products beside OpenBLAS on the shapes of a transformer: same process, same buffers, alternating rounds of three calls, after
/// both answers were checked against each other and samples of ours against float64. Medians of 33 calls.
/// </summary>
internal static unsafe class MatMulBench
{
    private static readonly (int M, int K, int N)[] s_shapes = [(512, 512, 512), (1024, 1024, 1024), (128, 768, 3072), (128, 3072, 768), (128, 768, 50257)];

    /// <summary>Arguments: the report's path (optional).</summary>
    public static int Run(string[] args)
    {
        if (!OpenBlas.IsPresent)
        {
            Console.Error.WriteLine("bench: no OpenBLAS here; expected libopenblas.so.0. Install it: apt-get install libopenblas0-pthread.");
            return 1;
        }
        OpenBlas.SetThreads(Workers.Count);
        var report = new StringBuilder();
        Write(report, "# mat_mul beside OpenBLAS\n");
        Write(report, $"{Machine.Header()}; libopenblas0-pthread with its {OpenBlas.CoreName} kernels.\n");
        Write(report, "Baseline: OpenBLAS. GFLOP/s of the median of 33 calls, in rounds of three alternating in one process; in brackets the spread (quartiles) of the ratio.");
        Write(report, "NN: B stored [k, n]. NT: B stored [n, k]. Made by `dotnet run -c Release --project bench -- matmul`.\n");
        Write(report, "| M × K × N | | vitrine | OpenBLAS | ratio | largest difference |");
        Write(report, "|---|---|---|---|---|---|");
        foreach ((int m, int k, int n) in s_shapes)
        {
            foreach (bool transposed in new[] { false, true })
            {
                Write(report, Compare(m, k, n, transposed));
            }
        }
        if (args.Length > 0)
        {
            File.WriteAllText(args[0] + ".new", report.ToString());
            File.Move(args[0] + ".new", args[0], overwrite: true);
        }
        return 0;
    }

    private static string Compare(int m, int k, int n, bool transposed)
    {
        Tensor a = Random(1, m * k), b = Random(2, k * n), ours = Random(3, m * n), theirs = Random(4, m * n);
        float* pa = (float*)a.CpuPointer, pb = (float*)b.CpuPointer, po = (float*)ours.CpuPointer, pt = (float*)theirs.CpuPointer;
        void Vitrine() => Gemm.Run(false, transposed, m, n, k, 1, pa, k, pb, transposed ? k : n, 0, po, n, null);
        void Blas() => OpenBlas.Multiply(transposed, m, n, k, pa, pb, pt);
        Vitrine();
        Blas();
        double difference = Check(m, k, n, transposed, pa, pb, po, pt);
        double flops = 2.0 * m * n * k;
        const int Rounds = 11, PerRound = 3, Runs = Rounds * PerRound;
        (double[] first, double[] second) = (new double[Runs], new double[Runs]);
        for (int round = 0; round < Rounds; round++)
        {
            Round(Vitrine, first.AsSpan(round * PerRound, PerRound));
            Round(Blas, second.AsSpan(round * PerRound, PerRound));
        }
        double[] ratios = [.. first.Select((t, i) => second[i] / t).Order()];
        GC.KeepAlive((a, b, ours, theirs));
        return string.Create(CultureInfo.InvariantCulture,
            $"| {m} × {k} × {n} | {(transposed ? "NT" : "NN")} | {flops / Median(first) / 1e9:F0} | {flops / Median(second) / 1e9:F0} | {Median(second) / Median(first):F2} ({ratios[Runs / 4]:F2}–{ratios[3 * Runs / 4]:F2}) | {difference:0.0e0} |");
    }

    /// <summary>The largest difference between both, after a thousand elements of ours were recomputed in float64.</summary>
    private static double Check(int m, int k, int n, bool transposed, float* a, float* b, float* ours, float* theirs)
    {
        var random = new Random(5);
        for (int sample = 0; sample < 1000; sample++)
        {
            (int i, int j) = (random.Next(m), random.Next(n));
            double exact = 0, size = 0;
            for (int l = 0; l < k; l++)
            {
                double term = (double)a[((long)i * k) + l] * b[transposed ? ((long)j * k) + l : ((long)l * n) + j];
                (exact, size) = (exact + term, size + Math.Abs(term));
            }
            if (Math.Abs(ours[((long)i * n) + j] - exact) > 1e-6 * size)
            {
                throw new InvalidOperationException($"mat_mul is wrong at [{i}, {j}]: got {ours[((long)i * n) + j]}, expected {exact}.");
            }
        }
        double worst = 0;
        for (long i = 0; i < (long)m * n; i++)
        {
            worst = Math.Max(worst, Math.Abs(ours[i] - theirs[i]));
        }
        return worst;
    }

    /// <summary>Idle threads of both libraries spin for a while, on the cores the other one needs: wait, warm up, then time.</summary>
    private static void Round(Action call, Span<double> times)
    {
        Thread.Sleep(60);
        call();
        for (int i = 0; i < times.Length; i++)
        {
            times[i] = Time(call);
        }
    }

    private static double Time(Action call)
    {
        long start = Stopwatch.GetTimestamp();
        call();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static Tensor Random(int seed, int count)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }
        return Tensor.From(values, [count]);
    }

    private static void Write(StringBuilder report, string line)
    {
        Console.WriteLine(line);
        report.Append(line).Append('\n');
    }
}
