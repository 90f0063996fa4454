using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// φᵢ = Σ_S |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)) over all S without i: the one way to share v(all) − v(none) that is fair by
/// Shapley's axioms (efficiency, symmetry, dummy, linearity), exactly.
/// </summary>
public sealed class ShapleyValues : IAttributionMethod
{
    /// <summary>More features than this are refused: 2¹⁶ forwards are hours.</summary>
    public const int MaxFeatures = 16;

    /// <inheritdoc/>
    public string Name => "shapley_values";

    /// <inheritdoc/>
    public string Citation => "Shapley 1953, A value for n-person games; "
        + "Štrumbelj & Kononenko 2010, An efficient explanation of individual classifications using game theory";

    /// <inheritdoc/>
    public string Cost => "2^features forwards";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var game = new Game(this, f, request);
        int n = game.Count;
        if (n > MaxFeatures)
        {
            throw new VitrineException($"{Name}: too many features for all their coalitions; "
                + $"got {n}; expected at most {MaxFeatures}. Use shapley_value_sampling, kernel_shap or partition_shap, or group tokens.");
        }
        double[][] values = game.Values([.. Enumerable.Range(0, 1 << n)
            .Select(bits => Coalition.Of(n, player => (bits >> player & 1) != 0))]);
        double[] weights = Weights(n);
        double[][] scores = [.. Enumerable.Range(0, game.Targets).Select(_ => new double[n])];
        for (int bits = 0; bits < values.Length; bits++)
        {
            int size = System.Numerics.BitOperations.PopCount((uint)bits);
            for (int player = 0; player < n; player++)
            {
                if ((bits >> player & 1) != 0)
                {
                    continue;
                }
                for (int t = 0; t < game.Targets; t++)
                {
                    scores[t][player] += weights[size] * (values[bits | (1 << player)][t] - values[bits][t]);
                }
            }
        }
        return game.Report(this, scores, complete: true).Make();
    }

    /// <summary>s! (n − s − 1)! / n! for s = 0 … n − 1, by the ratio of neighbours.</summary>
    private static double[] Weights(int n)
    {
        double[] weights = new double[n];
        weights[0] = 1.0 / n;
        for (int s = 1; s < n; s++)
        {
            weights[s] = weights[s - 1] * s / (n - s);
        }
        return weights;
    }
}
