using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// Keeps every op of a forward pass with its inputs and output, for backward passes by another rule than the gradient's
/// (DeepLIFT, guided backpropagation). A <see cref="Tape"/> keeps less, and is what plain gradients want.
/// </summary>
/// <remarks>
/// Two recordings of the same function at two inputs run the same ops in the same order: a rule may look at both. Like a tape, a
/// recording belongs to the thread that opened it, and does not follow weights.
/// </remarks>
public sealed class Recording : IOpRecorder, IDisposable
{
    private readonly List<RecordedOp> _ops = [];
    private readonly IOpRecorder? _outer = Recorder.Current;

    /// <summary>Opens a recording: from here on, ops of this thread are kept.</summary>
    public Recording() => Recorder.Current = this;

    /// <summary>The ops, in the order in which they ran.</summary>
    public IReadOnlyList<RecordedOp> Ops => _ops;

    /// <inheritdoc/>
    public bool Tracks(Tensor tensor) => !tensor.IsWeight;

    /// <inheritdoc/>
    public void Record(Op op, Saved saved, Tensor output) => _ops.Add(new RecordedOp(op, saved, saved.Inputs, output));

    /// <summary>Sends seeds backwards from an output to inputs, each op by <paramref name="rule"/>.</summary>
    /// <param name="output">A tensor made while the recording was open.</param>
    /// <param name="seeds"><c>[seeds, …output shape]</c></param>
    /// <param name="rule">What an op does to what comes from above.</param>
    /// <param name="reference">The same function recorded at another input; null where the rule needs none.</param>
    /// <param name="wrt">Where to arrive.</param>
    /// <returns><c>[seeds, …]</c> for every tensor of <paramref name="wrt"/>.</returns>
    /// <exception cref="VitrineException">The two recordings did not run the same ops.</exception>
    /// <exception cref="UnreachedException">A tensor of <paramref name="wrt"/> has no influence on the output.</exception>
    public Gradients Backward(Tensor output, Seeds seeds, BackwardRule rule, Recording? reference, params Tensor[] wrt)
    {
        if (reference is not null && !reference._ops.Select(op => op.Op.Name).SequenceEqual(_ops.Select(op => op.Op.Name)))
        {
            throw new VitrineException("recording: the two passes ran different ops; "
                + "expected one function without branches on its values.");
        }
        using Recorder.Pause pause = Recorder.Suspend();
        HashSet<long> onPath = [.. wrt.Select(t => t.Id)];
        foreach (RecordedOp op in _ops.Where(op => op.Inputs.Where((input, i) => op.Saved.Tracks(i) && onPath.Contains(input.Id)).Any()))
        {
            onPath.Add(op.Output.Id);
        }
        var arrived = new Dictionary<long, Tensor> { [output.Id] = seeds.Values };
        for (int i = _ops.Count - 1; i >= 0; i--)
        {
            RecordedOp op = _ops[i];
            if (!onPath.Contains(op.Output.Id) || !arrived.TryGetValue(op.Output.Id, out Tensor? dy))
            {
                continue;
            }
            bool[] needs = [.. op.Inputs.Select((input, k) => op.Saved.Tracks(k) && onPath.Contains(input.Id))];
            if (!Array.Exists(needs, n => n))
            {
                continue; // the op that made what is asked for
            }
            Tensor?[] dx = rule.Backward(op, reference?._ops[i], dy, needs);
            for (int k = 0; k < needs.Length; k++)
            {
                if (needs[k] && dx[k] is { } d)
                {
                    arrived[op.Inputs[k].Id] = arrived.TryGetValue(op.Inputs[k].Id, out Tensor? sum) ? sum + d : d;
                }
            }
        }
        return new Gradients(wrt.DistinctBy(t => t.Id).ToDictionary(
            t => t.Id, t => arrived.TryGetValue(t.Id, out Tensor? gradient)
            ? gradient : throw new UnreachedException(t, output, _ops.Count)));
    }

    /// <summary>Closes the recording: ops are no longer kept. What was kept can still be replayed.</summary>
    public void Dispose()
    {
        if (Recorder.Current == this)
        {
            Recorder.Current = _outer;
        }
    }
}

/// <summary>One op of a recording.</summary>
/// <param name="Op">The op.</param>
/// <param name="Saved">What it kept for its own backward.</param>
/// <param name="Inputs">What went in.</param>
/// <param name="Output">What came out.</param>
public sealed record RecordedOp(Op Op, Saved Saved, Tensor[] Inputs, Tensor Output);
