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
    /// <param name="seedsPerSweep">How many targets one backward sweep may carry.</param>
    /// <param name="visit">
    /// Called per chunk with the index of its first target and the gradients of every side, <c>[chunk, batch, pos, d_model]</c>.
    /// </param>
    /// <param name="weights">What the gradient of each example is multiplied with; 1 when empty.</param>
    /// <returns>The scores <c>[batch, target]</c>.</returns>
    public static Tensor Run(ScoreFunction f, Tensor[] points, int seedsPerSweep, Action<int, Tensor[]> visit, ReadOnlySpan<double> weights = default)
    {
        using var tape = new Tape();
        Tensor features = f.Features(points);
        Tensor scores = f.Head(features);
        (int batch, int targets, int width) = (features.Shape[0], features.Shape[1], features.Shape[2]);
        // Score t reads row t only: the gradient of the sum of all scores holds each one's own gradient in its row.
        float[] slopes = tape.Gradient(scores, features)[features].ToArray();
        for (int first = 0; first < targets; first += seedsPerSweep)
        {
            int count = Math.Min(seedsPerSweep, targets - first);
            float[] seeds = new float[checked(count * slopes.Length)];
            for (int seed = 0; seed < count; seed++)
            {
                for (int example = 0; example < batch; example++)
                {
                    int row = ((example * targets) + first + seed) * width;
                    float weight = weights.IsEmpty ? 1 : (float)weights[example];
                    for (int i = row; i < row + width; i++)
                    {
                        seeds[(seed * slopes.Length) + i] = weight * slopes[i];
                    }
                }
            }
            Gradients gradients = tape.Gradient(features, new Seeds(Tensor.From(seeds, features.Shape.Prepend(count), features.Device)), points);
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
    public static Tensor Accumulate(ScoreFunction f, Tensor[] points, int seedsPerSweep, ReadOnlySpan<double> weights, double[][] totals) =>
        Run(f, points, seedsPerSweep, (first, gradients) =>
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

    /// <summary>Room for one number per target, position and embedding column, one array per side.</summary>
    public static double[][] Totals(ScoreFunction f) =>
        [.. f.Sides.Select(side => new double[checked(f.Targets.Count * side.Embeddings.Shape.Elements)])];

    /// <summary>The input itself as a batch of one. One per side: <c>[1, pos, d_model]</c></summary>
    public static Tensor[] Input(ScoreFunction f) =>
        [.. f.Sides.Select(side => side.Batch)];
}
