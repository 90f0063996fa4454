using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// A ⊙ ∂f/∂A of every attention pattern A, summed over queries: the first-order estimate of what the score loses when no head looks at a
/// token any more, per layer and head.
/// </summary>
/// <remarks>
/// Raw scores are <c>[target, pos, layer, head]</c>; by default their sum. Source tokens of an encoder–decoder are seen through
/// cross-attention. For a layer and head, Σ over tokens is z · ∂f/∂z of that head's output z: what the head itself contributes.
/// </remarks>
public sealed class AttentionXGradient : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "attention_x_gradient";

    /// <inheritdoc/>
    public string Citation => "Serrano & Smith 2019, Is attention interpretable?";

    /// <inheritdoc/>
    public string Cost => "1 forward, 1 backward";

    /// <inheritdoc/>
    public string SumsTo => "per layer and head, head output · its gradient";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var raw = new List<double>[f.Sides.Count];
        (int layers, int heads) = (0, 0);
        double[] scores = AttentionPatterns.WithGradients(f, request, (_, patterns, gradients) =>
        {
            for (int side = 0; side < raw.Length; side++)
            {
                AttentionPatterns.Layer[] at = patterns.Towards(f.Sides[side]), slopes = gradients.Towards(f.Sides[side]);
                (layers, heads) = (at.Length, at[0].Heads);
                // [layer · head, key]
                Tensor products = TensorOps.Concat(0, [.. at.Zip(slopes, (a, g) => (a.Pattern * g.Pattern).Sum([1]))]);
                (raw[side] ??= []).AddRange(products.Transpose().ToArray().Select(value => (double)value));
            }
        });
        return new Report(this, f, request)
        {
            Raw = [.. raw.Select(side => side.ToArray())],
            Axes = [("layer", layers), ("head", heads)],
            Scores = scores,
        }.Make();
    }
}
