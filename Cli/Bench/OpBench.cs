using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>The ops of the table: proved right first, then their kernels timed and held against what the machine can do.</summary>
internal static class OpBench
{
    /// <summary>Measures ops at the benchmark sizes of their table rows.</summary>
    /// <param name="rows">The ops.</param>
    /// <param name="reps">Runs per size, at least.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="CommandException">An op is wrong; then nothing is timed.</exception>
    public static OpReport Run(IReadOnlyList<OpRow> rows, int reps, CancellationToken cancellation)
    {
        foreach (OpRow row in rows)
        {
            Verify(row, cancellation);
        }
        Peaks before = Peaks.Measure(cancellation);
        Raw[] raw = [.. rows.SelectMany(row => row.Benchmarks.Select(call => Measure(row, call, reps, cancellation)))];
        Peaks peaks = before.Best(Peaks.Measure(cancellation));
        return new(Machine.Header(), Device.Current.Name, peaks, [.. raw.Select(r => r.Against(peaks))]);
    }

    /// <summary>What one case took.</summary>
    private sealed record Raw(OpRow Row, OpCase Call, Timing Forward, Timing? Backward, double BackwardBytes, Timing Whole)
    {
        public OpTiming Against(Peaks peaks) => new(Row.Name, Call.ToString(),
            Pass(Forward, Call.Bytes, Call.Cost, peaks),
            Backward is { } back ? Pass(back, BackwardBytes, Call.BackwardCost, peaks) : null,
            Whole.Median);

        private static OpPass Pass(Timing time, double bytes, OpCost cost, Peaks peaks)
        {
            double ms = time.Median;
            (string binds, double limit) = peaks.Limit(bytes, cost);
            return new(ms, time.Spread, bytes / ms / 1e6, cost.Flops / ms / 1e6, binds, limit / ms);
        }
    }

    private static Raw Measure(OpRow row, OpCase call, int reps, CancellationToken cancellation)
    {
        var recorder = new Recording();
        Tensor[] inputs = call.Make();
        KernelCall[] forward = Launches(() =>
        {
            using Recorder.Pause recording = Recorder.Use(recorder);
            recorder.Output = call.Apply(inputs);
        });
        Timing time = Timing.Of(() => Relaunch(forward), reps, cancellation), whole = Timing.Of(Apply, reps, cancellation);
        KernelCall[] backward = recorder.Backward is { } run ? Launches(run) : [];
        return new(row, call, time, backward.Length > 0 ? Timing.Of(() => Relaunch(backward), reps, cancellation) : null, backward.Sum(KernelCost.Bytes), whole);

        void Apply()
        {
            _ = call.Apply(inputs);
            Device.Current.Synchronize();
        }
    }

    // A fast wrong answer is worth nothing: every small case against float64.
    private static void Verify(OpRow row, CancellationToken cancellation)
    {
        foreach (OpCase small in row.Cases.Where(c => !c.IsBenchmark))
        {
            cancellation.ThrowIfCancellationRequested();
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
            Device.Current.Backend.Launch(call);
        }
        Device.Current.Synchronize();
    }

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
