using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Tensors;

namespace Vitrine.Bench.Ladders;

/// <summary>One way to compute the same thing.</summary>
/// <param name="Name">In a word or two.</param>
/// <param name="Idea">What it changes, and why that should be faster.</param>
/// <param name="Run">The computation; it overwrites the ladder's output.</param>
/// <param name="Result">Where the answer is, if not in the ladder's output.</param>
internal sealed record Rung(string Name, string Idea, Action Run, Tensor? Result = null)
{
    /// <summary>The kernels that the engine launches for an op, into memory that exists, as on the other rungs.</summary>
    public static Rung Engine(string idea, Func<Tensor> op)
    {
        var calls = new List<KernelCall>();
        Op.Launched = calls.Add;
        Tensor result = op();
        Op.Launched = null;
        return new("engine", idea, () =>
        {
            calls.ForEach(result.Device.Backend.Launch);
            result.Device.Synchronize();
        }, result);
    }
}

/// <summary>
/// The same computation from the textbook's loops to the engine's kernel, one idea at a time. Every rung is compared with the answer in
/// float64 before it is timed.
/// </summary>
internal sealed class Ladder
{
    /// <summary>What is computed, and on which shape.</summary>
    public required string Title { get; init; }

    /// <summary>Multiplications and additions of one run; 0 where memory is what counts.</summary>
    public double Flops { get; init; }

    /// <summary>Bytes that must be read and written at least once; 0 where arithmetic is what counts.</summary>
    public double Bytes { get; init; }

    /// <summary>From the slowest to the engine's own.</summary>
    public required IReadOnlyList<Rung> Rungs { get; init; }

    /// <summary>What every rung writes to.</summary>
    public required float[] Output { get; init; }

    /// <summary>The answer in float64.</summary>
    public required double[] Expected { get; init; }

    /// <summary>Checks and times all rungs: one row of Markdown each.</summary>
    public void Climb(StringBuilder report)
    {
        string rate = Flops > 0 ? "GFLOP/s" : "GB/s";
        Write(report, $"## {Title}\n");
        Write(report, $"| rung | ms | {rate} | × the first | largest error | what it changes |");
        Write(report, "|---|---|---|---|---|---|");
        double first = 0;
        foreach (Rung rung in Rungs)
        {
            Array.Fill(Output, float.NaN);
            rung.Run();
            rung.Result?.ToArray().CopyTo(Output, 0);
            double error = LargestError();
            if (!(error < 1e-4))
            {
                throw new InvalidOperationException($"{Title}, rung '{rung.Name}': wrong by {error:0.0e0}; expected below 1e-4.");
            }
            double seconds = MedianOf(rung.Run);
            first = first == 0 ? seconds : first;
            Write(report, string.Create(CultureInfo.InvariantCulture,
                $"| {rung.Name} | {seconds * 1e3:0.00} | {(Flops > 0 ? Flops : Bytes) / seconds / 1e9:0.0} | {first / seconds:0.0} "
                + $"| {error:0.0e0} | {rung.Idea} |"));
        }
        Write(report, "");
    }

    /// <summary>Uniform numbers in −1…1.</summary>
    public static float[] Random(int seed, int count)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }
        return values;
    }

    private double LargestError()
    {
        double largest = 0;
        for (int i = 0; i < Expected.Length; i++)
        {
            double error = Math.Abs(Output[i] - Expected[i]) / Math.Max(1, Math.Abs(Expected[i]));
            largest = double.IsNaN(error) ? double.NaN : Math.Max(largest, error);
            if (double.IsNaN(largest)) break;
        }
        return largest;
    }

    /// <summary>
    /// The median of as many runs as fit into half a second: three at least, 200 at most. The JIT has seen the code by then.
    /// </summary>
    private static double MedianOf(Action run)
    {
        var times = new List<double>();
        long begin = Stopwatch.GetTimestamp();
        while (times.Count < 3 || (times.Count < 200 && Stopwatch.GetElapsedTime(begin).TotalSeconds < 0.5))
        {
            long start = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return times.Order().ElementAt(times.Count / 2);
    }

    private static void Write(StringBuilder report, string line)
    {
        Console.WriteLine(line);
        report.Append(line).Append('\n');
    }
}
