using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>A model whose truth is planted: a bag of words, f = Σ value of each token. Padding, the baseline, is worth 0.</summary>
internal static class Planted
{
    private static readonly float[] s_values = [0, 0, 2, -1, 4, 1, 3, -2, 0.5f, -0.25f];

    /// <summary>The values of four tokens: 2, −1, 4, 1.</summary>
    public static readonly int[] Four = [2, 3, 4, 5];

    /// <summary>The function over some tokens.</summary>
    public static ToyScoreFunction Of(params int[] ids) =>
        new(x => x[0].Reshape([x[0].Shape[0], x[0].Shape[1]]).Sum([1], keepAxes: true), 1, Tensor.From(s_values, [s_values.Length, 1]),
            ids);

    /// <summary>The true scores.</summary>
    public static float[] Truth(params int[] ids) => [.. ids.Select(id => s_values[id])];

    /// <summary>An explanation with given scores.</summary>
    public static AttributionResult Scored(ScoreFunction f, params float[] scores)
    {
        AttributionResult result = new FeatureAblation().Attribute(f, AttributionRequest.Default);
        return result with { Sides = [result.Sides[0] with { Scores = [scores] }] };
    }
}
