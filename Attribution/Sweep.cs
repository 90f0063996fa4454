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

/// <summary>
/// One recorded forward of a batch of embeddings, and one batched backward for all targets (in chunks when memory is short).
/// </summary>
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
    /// <param name="arrive">Where gradients are wanted, asked after the forward (what a hook captured); null: at
    /// <paramref name="points"/>.</param>
    /// <returns>The scores <c>[batch, target]</c>.</returns>
    public static Tensor Run(
        ScoreFunction f, Tensor[] points, int seedsPerSweep, Action<int, Tensor[]> visit, ReadOnlySpan<double> weights = default,
        Func<Tensor[]>? arrive = null)
    {
        using var tape = new Tape();
        Tensor features = f.Features(points);
        Tensor scores = f.Head(features);
        Backward(features, scores, (output, seeds, wrt) => tape.Gradient(output, seeds, wrt), arrive?.Invoke()
            ?? points, seedsPerSweep, visit, weights);
        return scores;
    }

    /// <summary>The backward half: from scores to features once, from features to the inputs with one seed per target.</summary>
    /// <param name="features"><c>[batch, target, feature]</c></param>
    /// <param name="scores"><c>[batch, target]</c></param>
    /// <param name="gradient">A tape's gradient, or a backward pass by another rule.</param>
    /// <param name="points">Where to arrive.</param>
    /// <param name="seedsPerSweep">How many targets at once.</param>
    /// <param name="visit">Called per chunk.</param>
    /// <param name="weights">One per example; 1 when empty.</param>
    public static void Backward(
        Tensor features, Tensor scores, Func<Tensor, Seeds, Tensor[], Gradients> gradient, Tensor[] points, int seedsPerSweep,
        Action<int, Tensor[]> visit, ReadOnlySpan<double> weights = default)
    {
        (int batch, int targets, int width) = (features.Shape[0], features.Shape[1], features.Shape[2]);
        // Score t reads row t only: a seed of ones gives every score's own gradient in its row.
        var ones = new Seeds(Tensor.Full(scores.Shape.Prepend(1), 1, scores.Device));
        float[] slopes = gradient(scores, ones, [features])[features].ToArray();
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
            Gradients gradients = gradient(features, new Seeds(Tensor.From(seeds, features.Shape.Prepend(count), features.Device)), points);
            visit(first, [.. points.Select(point => gradients[point])]);
        }
    }

    /// <summary>The weighted sum over the batch of the gradients of every target, added to <paramref name="totals"/>.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="points">One per side: <c>[batch, pos, d_model]</c>.</param>
    /// <param name="seedsPerSweep">How many targets one backward sweep may carry.</param>
    /// <param name="weights">One per example.</param>
    /// <param name="totals">One per side: <c>[target, pos, d_model]</c>.</param>
    /// <returns>The scores <c>[batch, target]</c>.</returns>
    public static Tensor Accumulate(ScoreFunction f, Tensor[] points, int seedsPerSweep, ReadOnlySpan<double> weights, double[][] totals) =>
        Run(f, points, seedsPerSweep, (first, gradients) => Add(f, first, gradients, totals), weights);

    /// <summary>Adds a chunk of gradients, summed over the batch, to <paramref name="totals"/>.</summary>
    public static void Add(ScoreFunction f, int first, Tensor[] gradients, double[][] totals)
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
    }

    /// <summary>Room for one number per target, position and embedding column, one array per side.</summary>
    public static double[][] Totals(ScoreFunction f) =>
        [.. f.Sides.Select(side => new double[checked(f.Targets.Count * side.Embeddings.Shape.Elements)])];

    /// <summary>The input itself as a batch of one. One per side: <c>[1, pos, d_model]</c></summary>
    public static Tensor[] Input(ScoreFunction f) =>
        [.. f.Sides.Select(side => side.Batch)];
}
