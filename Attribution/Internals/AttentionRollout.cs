namespace Vitrine.Attributions;

/// <summary>
/// Attention followed down through all layers: each layer passes on ½ of itself (the residual stream) and ½ of what its heads
/// look at on average, <c>R = Πₗ (½·I + ½·mean_head Aₗ)</c>, later layers on the left; the row of the target's position is the answer.
/// </summary>
/// <remarks>
/// In an encoder–decoder source and target scores sum to 1 together: see <see cref="Mixing"/>, with ½ for cross-attention. It takes
/// attention for what is passed on, and knows neither values nor norms; <see cref="Alti"/> does.
/// </remarks>
public sealed class AttentionRollout : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "attention_rollout";

    /// <inheritdoc/>
    public string Citation => "Abnar & Zuidema 2020, Quantifying attention flow in transformers";

    /// <inheritdoc/>
    public string Cost => "1 forward";

    /// <inheritdoc/>
    public string SumsTo => "1 per target, over both sides; unrelated to the score";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        AttentionPatterns patterns = AttentionPatterns.Of(f, request);
        return new Report(this, f, request) { Raw = Mix(patterns).Explain(f), Scores = patterns.Scores }.Make();
    }

    /// <summary>½ of itself and ½ of what the heads look at.</summary>
    internal static Mixing Mix(AttentionPatterns patterns) =>
        new([.. patterns.Self.Select(Half)], [.. patterns.Encoder.Select(Half)], [.. patterns.Cross.Select(layer => Scale(layer.Mean()))]);

    private static double[][] Half(AttentionPatterns.Layer layer)
    {
        double[][] mixed = Scale(layer.Mean());
        for (int i = 0; i < mixed.Length; i++)
        {
            mixed[i][i] += 0.5;
        }
        return mixed;
    }

    private static double[][] Scale(double[][] rows) => [.. rows.Select(row => Array.ConvertAll(row, value => value / 2))];
}
