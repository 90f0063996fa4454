using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Distributed alignment search: a subspace whose swap makes the base run answer as the source run would. Geiger, Wu, Potts, Icard and
/// Goodman
/// 2023; low-rank form of pyvene (Wu et al. 2024): x' = x + ((s − x)·R)·Rᵀ with orthonormal columns of R.
/// </summary>
public static class DistributedSearch
{
    /// <summary>Loss of a swap, and its gradient with respect to R before any constraint.</summary>
    /// <param name="model">A language model or classifier.</param>
    /// <param name="bases">The base run, <c>[batch, pos]</c>.</param>
    /// <param name="sources">The source run, same shape.</param>
    /// <param name="hook">A stream's hook.</param>
    /// <param name="position">The position that is swapped.</param>
    /// <param name="rotation">R, <c>[d_model, k]</c>.</param>
    /// <param name="labels">What the base run should say at its last position, one per row.</param>
    /// <returns>Logits <c>[batch, vocab]</c>, mean cross-entropy in nats, and ∂loss/∂R.</returns>
    public static (Tensor Logits, double Loss, Tensor Gradient) Loss(ITransformer model, ModelInput bases, ModelInput sources, string hook,
        int position, Tensor rotation, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(labels);
        Tensor source = PatchSweep.Capture(model, sources, [hook])[hook];
        using var tape = new Tape();
        tape.Watch(rotation);
        using IDisposable swap = Intervention.Subspace(hook, rotation, source, new(Only: [position])).Open(model);
        Tensor output = model.Forward(bases);
        Tensor logits = output.Shape.Rank == 3 ? output.Select(1, output.Shape[1] - 1) : output;
        Tensor loss = logits.LogSoftmax().Pick(Tensor.From([.. labels], [labels.Count])).Mean().Scale(-1);
        return (logits, loss.Item(), tape.Gradient(loss, rotation)[rotation]);
    }

    /// <summary>Trains R: gradient steps of a given length, each followed by a return to orthonormal columns (QR).</summary>
    /// <param name="model">The model; it is not changed.</param>
    /// <param name="bases">The base runs, all of one length.</param>
    /// <param name="sources">The source runs.</param>
    /// <param name="labels">What each base run should say after the swap.</param>
    /// <param name="hook">A stream's hook.</param>
    /// <param name="position">The position that is swapped.</param>
    /// <param name="rank">k.</param>
    /// <param name="steps">How many steps.</param>
    /// <param name="batch">Pairs per step.</param>
    /// <param name="learningRate">Length of a step, in columns of length 1; it falls to 0 along a line.</param>
    /// <param name="seed">Of the first R.</param>
    /// <param name="progress">Told step and loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static Tensor Train(
        ITransformer model, IReadOnlyList<int[]> bases, IReadOnlyList<int[]> sources, IReadOnlyList<int> labels, string hook, int position,
            int rank,
        int steps = 100, int batch = 16, float learningRate = 0.2f, int seed = 1, Action<int, double>? progress = null,
            CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(bases);
        int d = model.Info.DModel;
        if (rank < 1 || rank > d)
        {
            throw new VitrineException($"subspace: no such rank; got {rank}; expected 1 to {d}.");
        }
        if (bases.Count == 0 || bases.Count != sources.Count || bases.Count != labels.Count)
        {
            throw new VitrineException(
                $"subspace: not as many bases, sources and labels; got {bases.Count}, {sources.Count} and {labels.Count}; expected "
                    + $"equal numbers, at least one.");
        }
        var random = new Random(seed);
        float[] start = new float[d * rank];
        for (int i = 0; i < start.Length; i++)
        {
            start[i] = (float)((random.NextDouble() * 2) - 1);
        }
        Orthonormalise(start, d, rank);
        Tensor rotation = Tensor.From(start, [d, rank]);
        for (int step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] rows = [.. Enumerable.Range(0, Math.Min(batch, bases.Count)).Select(i => ((step * batch) + i) % bases.Count)];
            static ModelInput Rows(IReadOnlyList<int[]> texts, int[] rows) =>
                new() { Ids = Tensor.From([.. rows.SelectMany(r => texts[r])], [rows.Length, texts[rows[0]].Length]) };
            (_, double loss, Tensor gradient) = Loss(model, Rows(bases, rows), Rows(sources, rows), hook, position, rotation,
                [.. rows.Select(r => labels[r])]);
            float[] values = rotation.ToArray(), slope = gradient.ToArray();
            float length = MathF.Sqrt(slope.Sum(v => v * v)),
                rate = learningRate * (1 - ((float)step / steps)) * MathF.Sqrt(rank) / (length + 1e-12f);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] -= rate * slope[i];
            }
            Orthonormalise(values, d, rank);
            rotation = Tensor.From(values, [d, rank]);
            progress?.Invoke(step + 1, loss);
        }
        return rotation;
    }

    // Gram–Schmidt on columns, twice: once is not enough in float32.
    private static void Orthonormalise(float[] columns, int d, int k)
    {
        for (int round = 0; round < 2; round++)
        {
            for (int j = 0; j < k; j++)
            {
                for (int other = 0; other < j; other++)
                {
                    double dot = 0;
                    for (int i = 0; i < d; i++)
                    {
                        dot += (double)columns[(i * k) + j] * columns[(i * k) + other];
                    }
                    for (int i = 0; i < d; i++)
                    {
                        columns[(i * k) + j] -= (float)(dot * columns[(i * k) + other]);
                    }
                }
                double length = 0;
                for (int i = 0; i < d; i++)
                {
                    length += (double)columns[(i * k) + j] * columns[(i * k) + j];
                }
                for (int i = 0; i < d; i++)
                {
                    columns[(i * k) + j] /= (float)Math.Sqrt(length);
                }
            }
        }
    }
}
