using System.CommandLine;
using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary><c>vitrine bench ops</c>: every op of the table at its benchmark sizes, after its small cases proved right in the same process.</summary>
internal static class BenchOps
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var name = new Argument<string?>("op") { Description = "One op; left out: all.", Arity = ArgumentArity.ZeroOrOne };
        var runs = new Option<int>("--reps") { Description = "Timed runs per size; the median is reported.", HelpName = "n", DefaultValueFactory = _ => 20 };
        return new Verb("ops", "Times the ops, after checking each against its float64 reference in the same process.", """
            vitrine bench ops
            vitrine bench ops layer_norm --reps 50
            vitrine bench ops mat_mul --device opencl:0
            """)
            .With(name, runs, source.Device, source.Threads)
            .Does((parsed, cancellation) =>
            {
                source.SetThreads(parsed);
                int count = PredictCommand.Positive(parsed.GetValue(runs), "reps");
                OpRow[] rows = [.. parsed.GetValue(name) is { } one ? [OpTable.Get(one)] : OpTable.All];
                terminal.Output.WriteLine($"{Device.Current}: {Device.Current.Description}; copying memory of the host: {Number(CopyBandwidth(cancellation))} GB/s");
                terminal.Output.WriteLine();
                Table.Write(terminal.Output, ["op", "size", ">ms, median", ">fastest", ">slowest", ">GFLOP/s", ">GB/s"],
                    rows.SelectMany(row => Lines(row, count, cancellation)));
            });
    }

    private static IEnumerable<string[]> Lines(OpRow row, int runs, CancellationToken cancellation)
    {
        Check(row);
        foreach (OpCase size in row.Benchmarks)
        {
            Tensor[] inputs = size.Make();
            Stopwatches.Time(3, Once, cancellation);
            double[] times = Stopwatches.Time(runs, Once, cancellation);
            double seconds = Stopwatches.Median(times) / 1e3;
            yield return
            [
                row.Name, size.ToString(), Number(seconds * 1e3), Number(times[0]), Number(times[^1]),
                size.Flops > 0 ? Number(size.Flops / seconds / 1e9) : "", size.Bytes > 0 ? Number(size.Bytes / seconds / 1e9) : "",
            ];

            void Once()
            {
                _ = size.Apply(inputs);
                Device.Current.Synchronize();
            }
        }
    }

    // A fast wrong answer is worth nothing: every small case first.
    private static void Check(OpRow row)
    {
        foreach (OpCase small in row.Cases.Where(c => !c.IsBenchmark))
        {
            Tensor[] inputs = small.Make();
            float[] actual = small.Apply(inputs).ToArray();
            double[] expected = small.Reference([.. inputs.Select(Array64.Of)]).Values;
            for (int i = 0; i < actual.Length; i++)
            {
                bool isClose = Math.Abs(actual[i] - expected[i]) <= row.Tolerance.Absolute + (row.Tolerance.Relative * Math.Abs(expected[i]));
                if (!isClose && actual[i] != (float)expected[i])
                {
                    throw new CommandException(ExitCode.Failure, string.Create(CultureInfo.InvariantCulture,
                        $"bench: {row.Name} {small} is wrong; got {actual[i]} at element {i}; expected {expected[i]}. Nothing was timed."));
                }
            }
        }
    }

    // Reads and writes counted once each, far beyond the caches: what a memory-bound op can reach at most.
    private static double CopyBandwidth(CancellationToken cancellation)
    {
        const int Floats = 1 << 24, Parts = 64;
        float[] from = new float[Floats], to = new float[Floats];
        double[] times = Stopwatches.Time(10, () => Workers.For(Parts, (first, end) =>
        {
            int start = first * (Floats / Parts), length = (end - first) * (Floats / Parts);
            from.AsSpan(start, length).CopyTo(to.AsSpan(start, length));
        }), cancellation);
        return 2.0 * Floats * sizeof(float) / Stopwatches.Median(times) / 1e6;
    }

    private static string Number(double value) => value.ToString(value >= 100 ? "0" : value >= 1 ? "0.00" : "0.0000", CultureInfo.InvariantCulture);
}
