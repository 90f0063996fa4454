using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary>
/// Our matrix products next to OpenBLAS on the shapes of a transformer: same process, same buffers, alternating rounds of three calls,
/// after both answers were checked against each other and samples of ours against float64. Medians of 33 calls.
/// </summary>
internal static unsafe class MatMulBench
{
    private static readonly (int M, int K, int N)[] s_shapes =
        [(512, 512, 512), (1024, 1024, 1024), (128, 768, 3072), (128, 3072, 768), (128, 768, 50257)];

    private static readonly (int K, int N)[] s_rows = [(768, 3072), (3072, 768), (768, 50257), (4096, 14336)];

    /// <summary>Arguments: the report's path (optional).</summary>
    public static int Run(string[] args)
    {
        string pause = AfterPause(); // before OpenBLAS has threads that wait
        if (!OpenBlas.Open())
        {
            Console.Error.WriteLine("bench: no OpenBLAS here; expected libopenblas.so.0. "
                + "Install it: apt-get install libopenblas0-pthread.");
            return 1;
        }
        OpenBlas.SetThreads(Workers.Count);
        var report = new StringBuilder();
        Write(report, $"## {OpenBlas.CoreName}\n");
        Write(report, $"{Machine.Header()}; libopenblas0-pthread with its {OpenBlas.CoreName} kernels.\n\n{pause}\n");
        Write(report, "| M × K × N | | vitrine GFLOP/s | OpenBLAS GFLOP/s | ratio (quartiles) | largest difference |");
        Write(report, "|---|---|--:|--:|--:|--:|");
        foreach ((int m, int k, int n) in s_shapes)
        {
            Write(report, Compare(m, k, n, false));
            Write(report, Compare(m, k, n, true));
        }
        Write(report, "");
        Write(report, "| 1 × K × N | | vitrine GB/s | OpenBLAS GB/s | ratio (quartiles) | reading B alone GB/s | share |");
        Write(report, "|---|---|--:|--:|--:|--:|--:|");
        foreach ((int k, int n) in s_rows)
        {
            Write(report, CompareRow(k, n, false));
            Write(report, CompareRow(k, n, true));
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
        Duel duel = new(m, k, n, transposed);
        double flops = 2.0 * m * n * k;
        return string.Create(CultureInfo.InvariantCulture,
            $"| {m} × {k} × {n} | {(transposed ? "NT" : "NN")} | {flops / duel.Ours / 1e9:F0} | {flops / duel.Theirs / 1e9:F0} "
            + $"| {duel.Ratio} | {duel.Difference:0.0e0} |");
    }

    private static string CompareRow(int k, int n, bool transposed)
    {
        Duel duel = new(1, k, n, transposed);
        double bytes = 4.0 * k * n;
        return string.Create(CultureInfo.InvariantCulture,
            $"| 1 × {k} × {n} | {(transposed ? "NT" : "NN")} | {bytes / duel.Ours / 1e9:F1} | {bytes / duel.Theirs / 1e9:F1} "
            + $"| {duel.Ratio} | {bytes / duel.Reading / 1e9:F1} | {duel.Reading / duel.Ours:P0} |");
    }

    /// <summary>What a caller sees who multiplies once in a while, when the other threads have gone to sleep.</summary>
    private static string AfterPause()
    {
        const int Size = 512, Runs = 40;
        Tensor a = Random(1, Size * Size), b = Random(2, Size * Size), c = Random(3, Size * Size);
        float* pa = (float*)a.CpuPointer, pb = (float*)b.CpuPointer, pc = (float*)c.CpuPointer;
        void Multiply() => Gemm.Run(false, false, Size, Size, Size, 1, pa, Size, pb, Size, 0, pc, Size, null);
        double[] warm = new double[Runs], paused = new double[Runs], single = new double[Runs];
        for (int i = 0; i < Runs; i++) Multiply();
        for (int i = 0; i < Runs; i++)
        {
            Multiply();
            warm[i] = Time(Multiply);
            single[i] = Time(() => Gemm.RunSingle(false, false, Size, Size, Size, 1, pa, Size, pb, Size, 0, pc, Size, null));
            Thread.Sleep(60);
            paused[i] = Time(Multiply);
        }
        GC.KeepAlive((a, b, c));
        return string.Create(CultureInfo.InvariantCulture,
            $"{Size} × {Size} × {Size} after a pause of 60 ms: {1e3 * Median(paused):F2} ms; without a pause {1e3 * Median(warm):F2} ms; "
            + $"on one thread {1e3 * Median(single):F2} ms (medians of {Runs}).");
    }

    /// <summary>One product, timed in both libraries.</summary>
    private sealed class Duel
    {
        private const int Rounds = 11, PerRound = 3, Runs = Rounds * PerRound;

        public Duel(int m, int k, int n, bool transposed)
        {
            Tensor a = Random(1, m * k), b = Random(2, k * n), ours = Random(3, m * n), theirs = Random(4, m * n);
            float* pa = (float*)a.CpuPointer, pb = (float*)b.CpuPointer, po = (float*)ours.CpuPointer, pt = (float*)theirs.CpuPointer;
            void Vitrine() => Gemm.Run(false, transposed, m, n, k, 1, pa, k, pb, transposed ? k : n, 0, po, n, null);
            void Blas() => OpenBlas.Multiply(transposed, m, n, k, pa, pb, pt);
            void Read() => Workers.For(k * n, (from, to) => Simd.Sum(pb + from, to - from), 1 << 14);
            Vitrine();
            Blas();
            Difference = Check(m, k, n, transposed, pa, pb, po, pt);
            (double[] first, double[] second, double[] reading) = (new double[Runs], new double[Runs], new double[Runs]);
            for (int round = 0; round < Rounds; round++)
            {
                Round(Vitrine, first.AsSpan(round * PerRound, PerRound));
                Round(Blas, second.AsSpan(round * PerRound, PerRound));
                if (m == 1) Round(Read, reading.AsSpan(round * PerRound, PerRound));
            }
            GC.KeepAlive((a, b, ours, theirs));
            double[] ratios = [.. first.Select((t, i) => second[i] / t).Order()];
            (Ours, Theirs, Reading) = (Median(first), Median(second), Median(reading));
            Ratio = string.Create(CultureInfo.InvariantCulture, $"{Median(ratios):F2} ({ratios[Runs / 4]:F2}–{ratios[3 * Runs / 4]:F2})");
        }

        /// <summary>Median seconds of ours, of theirs, and of reading B without computing.</summary>
        public double Ours { get; }

        public double Theirs { get; }

        public double Reading { get; }

        /// <summary>Median of theirs / ours, call by call, with its quartiles.</summary>
        public string Ratio { get; }

        /// <summary>The largest difference between both results.</summary>
        public double Difference { get; }
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

    /// <summary>
    /// Idle threads of both libraries spin for a while, on the cores the other one needs: wait till they sleep, warm up, then time.
    /// </summary>
    private static void Round(Action call, Span<double> times)
    {
        Thread.Sleep(8);
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
