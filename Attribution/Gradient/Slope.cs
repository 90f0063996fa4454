using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>The gradients of all targets at the input itself: one forward, one batched backward.</summary>
internal static class Slope
{
    /// <summary>Scores <c>[target]</c>, and gradients per side <c>[target, pos, d_model]</c>.</summary>
    public static (double[] Scores, double[][] Gradients) At(ScoreFunction f, AttributionRequest request)
    {
        var work = new Work(request, 1);
        work.Check();
        double[][] gradients = Sweep.Totals(f);
        Batching batching = Batching.For(f, f.Targets.Count, request.ByteBudget);
        Tensor scores = Sweep.Accumulate(f, Sweep.Input(f), batching.Seeds, [1], gradients);
        work.Advance(1);
        return (Array.ConvertAll(scores.ToArray(), s => (double)s), gradients);
    }

    /// <summary>The axes of a gradient after target and position: the units of an embedding.</summary>
    public static IReadOnlyList<(string Name, int Length)> Axes(ScoreFunction f) => [(f.UnitName, f.Sides[0].Embeddings.Shape[^1])];

    /// <summary>Multiplies gradients <c>[target, pos, d_model]</c> of every side by a tensor of the side's own shape, in place.</summary>
    public static void Multiply(double[][] gradients, IReadOnlyList<Tensor> by)
    {
        for (int side = 0; side < gradients.Length; side++)
        {
            float[] factors = by[side].ToArray();
            for (int i = 0; i < gradients[side].Length; i++)
            {
                // A gradient of exactly 0 stays 0: what a mask hides is −∞ in attention scores.
                gradients[side][i] = gradients[side][i] == 0 ? 0 : gradients[side][i] * factors[i % factors.Length];
            }
        }
    }
}
