using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>The ops of the table: proved right first, then their kernels timed and held against what the machine can do.</summary>
internal static class OpBench
{
    private const int Rounds = 5;

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
        var limits = new Limits(cancellation);
        OpTiming[] timings = [.. rows.SelectMany(row => row.Benchmarks.Select(call => Measure(row, call, limits, reps, cancellation)))];
        return new(Machine.Header(), Device.Current.Name, limits.Peaks, timings);
    }

    private static OpTiming Measure(OpRow row, OpCase call, Limits limits, int reps, CancellationToken cancellation)
    {
        var recorder = new Recording();
        Tensor[] inputs = call.Make();
        KernelCall[] forward = Launches(() =>
        {
            using Recorder.Pause recording = Recorder.Use(recorder);
            recorder.Output = call.Apply(inputs);
        });
        OpPass pass = Beside(limits, () => Relaunch(forward), call.Bytes, call.Cost, reps, cancellation);
        Timing whole = Timing.Of(Apply, reps, cancellation);
        KernelCall[] backward = recorder.Backward is { } run ? Launches(run) : [];
        return new(row.Name, call.ToString(), pass,
            backward.Length > 0 ? Beside(limits, () => Relaunch(backward), backward.Sum(KernelCost.Bytes), call.BackwardCost, reps, cancellation) : null, whole.Median);

        void Apply()
        {
            _ = call.Apply(inputs);
            Device.Current.Synchronize();
        }
    }

    /// <summary>Rounds of the machine's limits, then the work: the share is the median over the rounds, so that a slow moment of the machine hits both alike.</summary>
    private static OpPass Beside(Limits limits, Action work, double bytes, OpCost cost, int reps, CancellationToken cancellation)
    {
        Timing.Warm(work, cancellation);
        List<double> runs = [], shares = [];
        while (runs.Count < reps || shares.Count < Rounds)
        {
            cancellation.ThrowIfCancellationRequested();
            Peaks peaks = limits.Measure();
            double[] round = Timing.Slice(work);
            runs.AddRange(round);
            shares.Add(peaks.Limit(bytes, cost).Ms / Timing.Middle(round));
        }
        Timing time = Timing.Of(runs);
        return new(time.Median, time.Spread, bytes / time.Median / 1e6, cost.Flops / time.Median / 1e6, limits.Peaks.Limit(bytes, cost).Binds, Timing.Middle(shares));
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
