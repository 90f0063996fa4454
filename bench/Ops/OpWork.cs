using System.Globalization;
using Vitrine.Cli;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary>A benchmark case of the op table, ready to run again and again: the public call, and the kernels that it and its gradient
/// launch.</summary>
internal sealed class OpWork
{
    private readonly Tensor[] _inputs;
    private readonly KernelCall[] _forward, _backward;

    /// <summary>Runs the case once on the current device, and remembers its launches.</summary>
    public OpWork(OpRow row, OpCase call)
    {
        (Row, Case, _inputs) = (row, call, call.Make());
        var recorder = new Recording();
        _forward = Launches(() =>
        {
            using Recorder.Pause recording = Recorder.Use(recorder);
            recorder.Output = call.Apply(_inputs);
        });
        _backward = recorder.Backward is { } run ? Launches(run) : [];
    }

    /// <summary>The op.</summary>
    public OpRow Row { get; }

    /// <summary>The sizes.</summary>
    public OpCase Case { get; }

    /// <summary>Whether it has kernels of its own in backward.</summary>
    public bool HasBackward => _backward.Length > 0;

    /// <summary>Bytes that its backward moves at least.</summary>
    public double BackwardBytes => _backward.Sum(KernelCost.Bytes);

    /// <summary>The kernels of the op alone, into memory that exists.</summary>
    public void Forward() => Relaunch(_forward);

    /// <summary>The same of its gradient: one seed, every float input.</summary>
    public void Backward() => Relaunch(_backward);

    /// <summary>The public call, which allocates its result.</summary>
    public void Call()
    {
        _ = Case.Apply(_inputs);
        Device.Current.Synchronize();
    }

    /// <summary>Every small case of an op against float64: a fast wrong answer is worth nothing.</summary>
    /// <exception cref="CommandException">One is wrong.</exception>
    public static void Verify(OpRow row, CancellationToken cancellation)
    {
        foreach (OpCase small in row.Cases.Where(c => !c.IsBenchmark))
        {
            cancellation.ThrowIfCancellationRequested();
            Tensor[] inputs = small.Make();
            float[] actual = small.Apply(inputs).ToArray();
            double[] expected = small.Reference([.. inputs.Select(Array64.Of)]).Values;
            for (int i = 0; i < actual.Length; i++)
            {
                bool isClose = Math.Abs(actual[i] - expected[i]) <= row.Tolerance.Absolute
                    + (row.Tolerance.Relative * Math.Abs(expected[i]));
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
            op.Backward(saved, Tensor.Full(Output!.Shape.Prepend(1), 1),
                new Needs([.. saved.InputShapes.Select((_, i) => saved.Tracks(i))]));

        public bool Tracks(Tensor tensor) => !tensor.IsWeight;

        public void Record(Op op, Saved saved, Tensor output) => _recorded = (op, saved);
    }
}
