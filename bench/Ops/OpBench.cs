using Vitrine.Cli;
using Vitrine.Tensors;

namespace Vitrine.Bench;

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
            OpWork.Verify(row, cancellation);
        }
        var limits = new Limits(cancellation);
        OpTiming[] timings = [.. rows.SelectMany(row => row.Benchmarks.Select(call => Measure(row, call, limits, reps, cancellation)))];
        return new(Machine.Header(), Device.Current.Name, limits.Peaks, timings);
    }

    private static OpTiming Measure(OpRow row, OpCase call, Limits limits, int reps, CancellationToken cancellation)
    {
        var work = new OpWork(row, call);
        OpPass forward = Interleaved(limits, work.Forward, call.Bytes, call.Cost, reps, cancellation);
        Timing whole = Timing.Of(work.Call, reps, cancellation);
        OpPass? backward = work.HasBackward ? Interleaved(limits, work.Backward, work.BackwardBytes, call.BackwardCost, reps, cancellation)
            : null;
        return new(row.Name, call.ToString(), forward, backward, whole.Median);
    }

    /// <summary>Rounds of the machine's limits, then the work: the share is the median over the rounds, so that a slow moment of the
    /// machine hits both alike.</summary>
    private static OpPass Interleaved(Limits limits, Action work, double bytes, OpCost cost, int reps, CancellationToken cancellation)
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
        return new(time.Median, time.Spread, bytes / time.Median / 1e6, cost.Flops / time.Median / 1e6, limits.Peaks.Limit(bytes, cost)
            .Binds, Timing.Middle(shares));
    }
}
