using System.Globalization;
using System.Text;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary>Every op of the table: proved right first, then its kernels timed and held against what the machine can do.</summary>
internal static class OpBenchmarks
{
    /// <summary>Writes a report in Markdown.</summary>
    public static string Report(string? name)
    {
        OpRow[] rows = [.. name is null ? OpTable.All : [OpTable.Get(name)]];
        foreach (OpRow row in rows)
        {
            Verify(row);
        }
        Peaks peaks = Peaks.Measure();
        Measured[] measured = [.. rows.SelectMany(row => row.Benchmarks.Select(call => Measure(row, call)))];
        peaks = peaks.Best(Peaks.Measure());
        var report = new StringBuilder();
        report.AppendLine("# Ops on the CPU").AppendLine().AppendLine(Machine.Header())
            .AppendLine(Invariant($"- copy: {peaks.Copy:F1} GB/s (25 MB read + 25 MB written)"))
            .AppendLine(Invariant($"- fused multiply–add: {peaks.Fma:F0} GFLOP/s; division: {peaks.Division:F1} G/s"))
            .AppendLine().AppendLine(Legend).AppendLine();
        report.AppendLine("| op | call | forward ms | spread | GB/s | GFLOP/s | binds | share | with allocation ms | backward ms | GB/s |");
        report.AppendLine("|---|---|--:|--:|--:|--:|---|--:|--:|--:|--:|");
        foreach (Measured line in measured)
        {
            report.AppendLine(line.Line(peaks));
        }
        return report.ToString();
    }

    private const string Legend = """
        All samples of an op are compared with its float64 reference before anything is timed. *forward* and *backward* (one seed) are the kernels alone, median of at
        least 20 runs, results written into memory that exists; *with allocation* is the public call. *GB/s* counts every input read once and every output written
        once. *binds* is the limit that is nearer: `copy`, the time to move those bytes at the copy bandwidth measured in the same run, or `units`, the time in which
        the vector units could issue the op's operations (a fused multiply–add is one; a division keeps one of the two units busy for as long as was measured) at the
        measured multiply–add rate. Both limits are the better of two measurements, before and after the ops. *share* is that time divided by the measured one.
        """;

    private static Measured Measure(OpRow row, OpCase call)
    {
        var recorder = new Recording();
        Tensor[] inputs = call.Make();
        KernelCall[] forward = Launches(() =>
        {
            using Recorder.Pause recording = Recorder.Use(recorder);
            recorder.Output = call.Apply(inputs);
        });
        Timing time = Timing.Of(() => Relaunch(forward)), whole = Timing.Of(() => call.Apply(inputs));
        KernelCall[] backward = recorder.Backward is { } run ? Launches(run) : [];
        return new(row, call, time, whole.Median, backward.Length > 0 ? Timing.Of(() => Relaunch(backward)).Median : 0, backward.Sum(Bytes));
    }

    /// <summary>What one case took.</summary>
    private sealed record Measured(OpRow Row, OpCase Call, Timing Forward, double WithAllocation, double Backward, double BackwardBytes)
    {
        /// <summary>The line of the report.</summary>
        public string Line(Peaks peaks)
        {
            double copy = Call.Bytes / peaks.Copy / 1e6, unitRate = peaks.Fma / 2, ms = Forward.Median;
            double units = (Call.Cost.Operations + (Call.Cost.Divisions * unitRate / peaks.Division / 2)) / unitRate / 1e6;
            string back = Backward > 0 ? Invariant($"{Backward:F3} | {BackwardBytes / Backward / 1e6:F1} |") : "| |";
            return Invariant($"| {Row.Name} | {Call} | {ms:F3} | {Forward.Spread:F3} | {Call.Bytes / ms / 1e6:F1} | {Call.Flops / ms / 1e6:F1} | {(units > copy ? "units" : "copy")} | {Math.Max(units, copy) / ms:P0} | {WithAllocation:F3} | {back}");
        }
    }

    /// <summary>A fast wrong answer is worth nothing: all small samples against float64.</summary>
    private static void Verify(OpRow row)
    {
        foreach (OpCase call in row.Cases.Where(c => !c.IsBenchmark))
        {
            Tensor[] inputs = call.Make();
            float[] actual = call.Apply(inputs).ToArray();
            double[] expected = call.Reference([.. inputs.Select(Array64.Of)]).Values;
            for (int i = 0; i < actual.Length; i++)
            {
                if (!(Math.Abs(actual[i] - expected[i]) <= row.Tolerance.Absolute + (row.Tolerance.Relative * Math.Abs(expected[i]))))
                {
                    throw new VitrineException(Invariant($"bench: {row.Name} {call} is wrong; got {actual[i]} at element {i}; expected {expected[i]}. Nothing was timed."));
                }
            }
        }
    }

    /// <summary>The kernels that an action launches, with their buffers.</summary>
    private static KernelCall[] Launches(Action action)
    {
        var calls = new List<KernelCall>();
        Op.Launched = calls.Add;
        try
        {
            action();
        }
        finally
        {
            Op.Launched = null;
        }
        return [.. calls];
    }

    private static void Relaunch(KernelCall[] calls)
    {
        foreach (KernelCall call in calls)
        {
            Device.Cpu.Backend.Launch(call);
        }
    }

    private static double Bytes(KernelCall call) => call.Tensors.Where(t => t is not null).Distinct().Sum(t => (double)t!.Shape.Elements * t.DType.Size());

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Remembers the op that ran, so that its backward can be timed alone.</summary>
    private sealed class Recording : IOpRecorder
    {
        private (Op Op, Saved Saved)? _recorded;

        /// <summary>What the op made.</summary>
        public Tensor? Output { get; set; }

        /// <summary>Runs the backward of the recorded op for one seed and every float input.</summary>
        public Action? Backward => _recorded is not var (op, saved) ? null : () =>
            op.Backward(saved, Tensor.Full(Output!.Shape.Prepend(1), 1), new Needs([.. saved.InputShapes.Select((_, i) => saved.Tracks(i))]));

        public bool Tracks(Tensor tensor) => !tensor.IsWeight;

        public void Record(Op op, Saved saved, Tensor output) => _recorded = (op, saved);
    }
}
