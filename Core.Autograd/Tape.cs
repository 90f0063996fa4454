using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>Records the ops that run while it is open, and replays them backwards: reverse-mode differentiation.</summary>
/// <remarks>
/// <code>
/// using var tape = new Tape();
/// Tensor y = f(x);
/// Tensor dx = tape.Gradient(y, wrt: x)[x];
/// </code>
/// A tape follows every float tensor except weights (<see cref="Tensor.IsWeight"/>); <see cref="Watch"/> adds those. It may be
/// replayed many times, e.g. for one chunk of output seeds after another. It belongs to the thread that opened it.
/// </remarks>
public sealed class Tape : IOpRecorder, IDisposable
{
    private readonly List<Entry> _entries = [];
    private readonly HashSet<long> _watched = [];
    private readonly IOpRecorder? _outer = Recorder.Current;

    /// <summary>Opens a tape: from here on, ops of this thread are recorded.</summary>
    public Tape() => Recorder.Current = this;

    /// <summary>How many ops have been recorded.</summary>
    public int Count => _entries.Count;

    /// <summary>How many bytes the recorded ops keep for a backward pass: each block of memory counts once, weights do not count.</summary>
    public long KeptBytes => _entries.SelectMany(entry => entry.Saved.Kept).Where(tensor => !tensor.IsWeight)
        .Select(tensor => tensor.Storage).Distinct().Sum(storage => storage.Bytes);

    /// <summary>Follows weights too, for training. Call it before the forward pass.</summary>
    public void Watch(params IEnumerable<Tensor> weights) => _watched.UnionWith(weights.Select(w => w.Id));

    /// <inheritdoc/>
    public bool Tracks(Tensor tensor) => !tensor.IsWeight || _watched.Contains(tensor.Id);

    /// <inheritdoc/>
    public void Record(Op op, Saved saved, Tensor output)
    {
        _entries.Add(new Entry(op, saved, [.. saved.Inputs.Select(input => input.Id)], output.Id));
        saved.ReleaseInputs();
    }

    /// <summary>The gradient of the sum of <paramref name="output"/>'s elements.</summary>
    /// <returns>For every tensor of <paramref name="wrt"/> a gradient of its own shape.</returns>
    /// <exception cref="UnreachedException">A tensor of <paramref name="wrt"/> has no influence on the output.</exception>
    public Gradients Gradient(Tensor output, params Tensor[] wrt)
    {
        Gradients seeded = Gradient(output, new Seeds(Tensor.Full(output.Shape.Prepend(1), 1, output.Device)), wrt);
        using (Recorder.Suspend())
        {
            return seeded.Map(gradient => gradient.Select(0, 0));
        }
    }

    /// <summary>
    /// Vector–Jacobian products for many seeds in one sweep: <c>grad[s] = Σ seeds[s, …] · ∂output[…]/∂wrt</c>.
    /// What the backward pass recomputes (attention patterns, GELU's inputs) is recomputed once for all seeds.
    /// </summary>
    /// <param name="output">A tensor made while the tape was open.</param>
    /// <param name="seeds">Values of shape <c>[seeds, …output shape]</c>.</param>
    /// <param name="wrt">Inputs or intermediate tensors (what a hook captured).</param>
    /// <returns><c>[seeds, …]</c> for every tensor of <paramref name="wrt"/>.</returns>
    /// <exception cref="ShapeException">The seeds do not fit the output.</exception>
    /// <exception cref="UnreachedException">A tensor of <paramref name="wrt"/> has no influence on the output.</exception>
    public Gradients Gradient(Tensor output, Seeds seeds, params Tensor[] wrt)
    {
        if (seeds.Values.Shape.Rank != output.Shape.Rank + 1 || seeds.Values.Shape[1..] != output.Shape)
        {
            throw new ShapeException($"gradient: seeds do not fit the output; "
                + $"got {seeds.Values.Shape} for output {output.Shape}; expected [seeds, …{output.Shape}].");
        }
        using Recorder.Pause pause = Recorder.Suspend();
        HashSet<long> wanted = [.. wrt.Select(t => t.Id)];
        HashSet<long> onPath = DependsOn(wanted);
        var gradients = new Dictionary<long, Tensor> { [output.Id] = seeds.Values };
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            Entry entry = _entries[i];
            if (!onPath.Contains(entry.Output) || !gradients.TryGetValue(entry.Output, out Tensor? dy))
            {
                continue;
            }
            if (!wanted.Contains(entry.Output))
            {
                gradients.Remove(entry.Output); // it is not needed any more: its memory can go
            }
            bool[] needs = [.. entry.Inputs.Select((id, input) => entry.Saved.Tracks(input) && onPath.Contains(id))];
            if (!Array.Exists(needs, n => n))
            {
                continue;
            }
            Tensor?[] dx = entry.Op.Backward(entry.Saved, dy, new Needs(needs));
            for (int input = 0; input < needs.Length; input++)
            {
                if (needs[input] && dx[input] is { } d)
                {
                    gradients[entry.Inputs[input]] = gradients.TryGetValue(entry.Inputs[input], out Tensor? sum) ? sum + d : d;
                }
            }
        }
        foreach (Tensor t in wrt)
        {
            if (!gradients.ContainsKey(t.Id))
            {
                throw new UnreachedException(t, output, _entries.Count);
            }
        }
        return new Gradients(wrt.DistinctBy(t => t.Id).ToDictionary(t => t.Id, t => gradients[t.Id]));
    }

    /// <summary>Closes the tape: ops are no longer recorded. What was recorded can still be replayed.</summary>
    public void Dispose()
    {
        if (Recorder.Current == this)
        {
            Recorder.Current = _outer;
        }
    }

    /// <summary>Everything that the wanted tensors influence, themselves included: backward stays on these paths.</summary>
    private HashSet<long> DependsOn(HashSet<long> wanted)
    {
        var reached = new HashSet<long>(wanted);
        foreach (Entry entry in _entries)
        {
            if (entry.Inputs.Where((id, input) => entry.Saved.Tracks(input) && reached.Contains(id)).Any())
            {
                reached.Add(entry.Output);
            }
        }
        return reached;
    }

    private readonly record struct Entry(Op Op, Saved Saved, long[] Inputs, long Output);
}

/// <summary>A batch of output gradients to start a backward sweep from.</summary>
/// <param name="Values"><c>[seeds, …output shape]</c></param>
public readonly record struct Seeds(Tensor Values)
{
    /// <summary>One seed per listed element of a tensor of shape <paramref name="output"/>: 1 there, 0 elsewhere.</summary>
    /// <param name="output">The shape of the tensor whose elements are asked about.</param>
    /// <param name="elements">Row-major positions, one per seed.</param>
    public static Seeds OneHot(Shape output, ReadOnlySpan<int> elements)
    {
        int size = output.Elements;
        float[] values = new float[checked(elements.Length * size)];
        for (int seed = 0; seed < elements.Length; seed++)
        {
            values[(seed * size) + elements[seed]] = 1;
        }
        return new Seeds(Tensor.From(values, output.Prepend(elements.Length)));
    }
}
