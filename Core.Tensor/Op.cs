namespace Vitrine.Tensors;

/// <summary>A differentiable operation, defined once: its formula, its shape rule, what it saves, its gradient.</summary>
/// <remarks>
/// The same name is the op's key in the op table, the prefix of its kernels and its heading in the docs.
/// An op object holds only its constants (an epsilon, an axis), so one may serve many calls.
/// </remarks>
public abstract class Op
{
    /// <summary>The op's name, in snake_case: <c>layer_norm</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Computes the output of <c>saved.Inputs</c>, and keeps what <see cref="Backward"/> will need.</summary>
    public abstract Tensor Forward(Saved saved);

    /// <summary>
    /// The vector–Jacobian product: from the gradient of the output to the gradients of the inputs.
    /// </summary>
    /// <param name="saved">What <see cref="Forward"/> kept.</param>
    /// <param name="dy">
    /// <c>[seeds, …output shape]</c>: a batch of output gradients. The leading seed axis is always there; the saved activations do
    /// not have it, kernels read their rows modulo their count.
    /// </param>
    /// <param name="needs">Which inputs want a gradient. Nothing is computed for the others.</param>
    /// <returns>One entry per input: <c>[seeds, …input shape]</c>, or null where none was wanted.</returns>
    public abstract Tensor?[] Backward(Saved saved, Tensor dy, Needs needs);

    /// <summary>Runs an op, and tells the ambient recorder if there is one.</summary>
    internal static Tensor Apply(Op op, params Tensor[] inputs)
    {
        Check.SameDevice(op.Name, inputs);
        IOpRecorder? recorder = Recorder.Current;
        var saved = new Saved(inputs, recorder);
        Tensor output = op.Forward(saved);
        if (saved.TracksAny)
        {
            recorder?.Record(op, saved, output);
        }
        return output;
    }

    /// <summary>Launches a kernel on the device of the first tensor.</summary>
    internal static void Launch(string kernel, WorkSize work, Tensor?[] tensors, params Scalar[] scalars)
    {
        var call = new KernelCall(kernel, work, tensors, scalars);
        Launched?.Invoke(call);
        tensors[0]!.Device.Backend.Launch(call);
    }

    /// <summary>Told of every launch of this thread, before it runs: for tests and benchmarks. Null, as usual, costs nothing.</summary>
    [field: ThreadStatic]
    internal static Action<KernelCall>? Launched { get; set; }
}

/// <summary>Which inputs of an op want a gradient.</summary>
public readonly struct Needs(bool[] wanted)
{
    /// <summary>Whether input <paramref name="input"/> wants a gradient.</summary>
    public bool this[int input] => wanted[input];
}

/// <summary>What one call of an op leaves for its backward.</summary>
public sealed class Saved
{
    private readonly bool[] _tracks;
    private Tensor[] _kept = [];
    private Tensor[]? _inputs;

    internal Saved(Tensor[] inputs, IOpRecorder? recorder)
    {
        _inputs = inputs;
        _tracks = new bool[inputs.Length];
        InputShapes = new Shape[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            _tracks[i] = recorder is not null && inputs[i].DType is DType.Float32 or DType.Float16 && recorder.Tracks(inputs[i]);
            InputShapes[i] = inputs[i].Shape;
            TracksAny |= _tracks[i];
        }
    }

    /// <summary>The inputs; only while Forward runs. Backward sees what was kept.</summary>
    public Tensor[] Inputs => _inputs ?? throw new InvalidOperationException("saved: inputs are gone after Forward; "
        + "keep what Backward needs.");

    /// <summary>The shapes of the inputs, also in Backward.</summary>
    public Shape[] InputShapes { get; }

    /// <summary>The tensor kept as number <paramref name="index"/>.</summary>
    public Tensor this[int index] => _kept[index];

    /// <summary>All that was kept.</summary>
    public IReadOnlyList<Tensor> Kept => _kept;

    /// <summary>Whether a gradient of any input may be asked for later; when not, nothing is kept.</summary>
    public bool TracksAny { get; }

    /// <summary>Whether a gradient of input <paramref name="input"/> may be asked for later. Keep only what that needs.</summary>
    public bool Tracks(int input) => _tracks[input];

    /// <summary>Keeps tensors for Backward, in this order.</summary>
    public void Keep(params Tensor[] tensors)
    {
        if (TracksAny)
        {
            _kept = tensors;
        }
    }

    /// <summary>Lets go of the inputs once the op is recorded: what was not kept can be freed.</summary>
    internal void ReleaseInputs() => _inputs = null;
}

/// <summary>What is told which ops run: a tape.</summary>
public interface IOpRecorder
{
    /// <summary>Whether gradients with respect to this tensor, or through it, may be asked for.</summary>
    bool Tracks(Tensor tensor);

    /// <summary>An op has run on inputs of which at least one is tracked.</summary>
    void Record(Op op, Saved saved, Tensor output);
}

/// <summary>The ambient recorder of the calling thread.</summary>
public static class Recorder
{
    /// <summary>The recorder that ops tell, or null.</summary>
    [field: ThreadStatic]
    public static IOpRecorder? Current { get; set; }

    /// <summary>Stops recording until the result is disposed.</summary>
    public static Pause Suspend() => new(null);

    /// <summary>Records to <paramref name="recorder"/> until the result is disposed.</summary>
    public static Pause Use(IOpRecorder? recorder) => new(recorder);

    /// <summary>Puts the recorder back that was there before.</summary>
    public readonly ref struct Pause
    {
        private readonly IOpRecorder? _before;

        internal Pause(IOpRecorder? during) => (_before, Current) = (Current, during);

        /// <summary>Restores the recorder.</summary>
        public void Dispose() => Current = _before;
    }
}
