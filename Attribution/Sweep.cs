using Vitrine.Autograd;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>How much fits in memory at once: examples per forward, targets per backward sweep.</summary>
internal readonly record struct Batching(int Examples, int Seeds)
{
    /// <summary>
    /// All targets in one sweep come first, because a sweep recomputes attention patterns and the like once for all its seeds;
    /// then as many examples as still fit.
    /// </summary>
    public static Batching For(ScoreFunction f, int targets, long byteBudget)
    {
        long example = Math.Max(1, f.BytesPerExample(recorded: true)), seed = Math.Max(1, f.BytesPerSeed);
        int seeds = (int)Math.Clamp((byteBudget - example) / seed, 1, Math.Max(1, targets));
        int examples = seeds < targets ? 1 : (int)Math.Clamp(byteBudget / (example + (seeds * seed)), 1, int.MaxValue);
        return new(examples, seeds);
    }

    /// <summary>How many examples of a plain forward fit.</summary>
    public static int Forward(ScoreFunction f, long byteBudget) =>
        (int)Math.Clamp(byteBudget / Math.Max(1, f.BytesPerExample(recorded: false)), 1, int.MaxValue);
}

/// <summary>One recorded forward of a batch of embeddings, and one batched backward for all targets (in chunks when memory is short).</summary>
internal static class Sweep
{
    /// <summary>Scores a batch and hands out the gradients of its targets.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="points">One per side: <c>[batch, pos, d_model]</c>.</param>
    /// <param name="targets">Which targets, by index.</param>
    /// <param name="seedsPerSweep">How many targets one backward sweep may carry.</param>
    /// <param name="visit">
    /// Called per chunk with the index of its first target within <paramref name="targets"/> and the gradients of every side,
    /// <c>[chunk, batch, pos, d_model]</c>.
    /// </param>
    /// <param name="weights">What the gradient of each example is multiplied with; 1 when empty.</param>
    /// <returns>The scores <c>[batch, target]</c> of all targets of <paramref name="f"/>.</returns>
    public static Tensor Run(
        ScoreFunction f, Tensor[] points, ReadOnlySpan<int> targets, int seedsPerSweep, Action<int, Tensor[]> visit, ReadOnlySpan<double> weights = default)
    {
        int batch = points[0].Shape[0];
        using var tape = new Tape();
        Tensor scores = f.Score(points);
        int all = scores.Shape[1];
        for (int first = 0; first < targets.Length; first += seedsPerSweep)
        {
            int count = Math.Min(seedsPerSweep, targets.Length - first);
            float[] seeds = new float[count * batch * all];
            for (int seed = 0; seed < count; seed++)
            {
                for (int example = 0; example < batch; example++)
                {
                    seeds[(((seed * batch) + example) * all) + targets[first + seed]] = weights.IsEmpty ? 1 : (float)weights[example];
                }
            }
            Gradients gradients = tape.Gradient(scores, new Seeds(Tensor.From(seeds, [count, batch, all], scores.Device)), points);
            visit(first, [.. points.Select(point => gradients[point])]);
        }
        return scores;
    }

    /// <summary>The weighted sum over the batch of the gradients of every target, added to <paramref name="totals"/>.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="points">One per side: <c>[batch, pos, d_model]</c>.</param>
    /// <param name="seedsPerSweep">How many targets one backward sweep may carry.</param>
    /// <param name="weights">One per example.</param>
    /// <param name="totals">One per side: <c>[target, pos, d_model]</c>.</param>
    /// <returns>The scores <c>[batch, target]</c>.</returns>
    public static Tensor Accumulate(ScoreFunction f, Tensor[] points, int seedsPerSweep, ReadOnlySpan<double> weights, double[][] totals)
    {
        int[] targets = [.. Enumerable.Range(0, f.Targets.Count)];
        return Run(f, points, targets, seedsPerSweep, (first, gradients) =>
        {
            for (int side = 0; side < gradients.Length; side++)
            {
                float[] sums = gradients[side].Sum([1]).ToArray();
                int row = f.Sides[side].Embeddings.Shape.Elements;
                Span<double> total = totals[side].AsSpan(first * row, sums.Length);
                for (int i = 0; i < sums.Length; i++)
                {
                    total[i] += sums[i];
                }
            }
        }, weights);
    }

    /// <summary>Room for one number per target, position and embedding column, one array per side.</summary>
    public static double[][] Totals(ScoreFunction f) =>
        [.. f.Sides.Select(side => new double[checked(f.Targets.Count * side.Embeddings.Shape.Elements)])];

    /// <summary>The inputs themselves as a batch of one. One per side: <c>[1, pos, d_model]</c></summary>
    public static Tensor[] Input(ScoreFunction f) =>
        [.. f.Sides.Select(side => side.Embeddings.Reshape(side.Embeddings.Shape.Prepend(1)))];
}
