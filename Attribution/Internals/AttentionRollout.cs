namespace Vitrine.Attributions;

/// <summary>
/// Attention followed down through all layers: each layer passes on ½ of itself (the residual stream) and ½ of what its heads
/// look at on average, <c>R = Πₗ (½·I + ½·mean_head Aₗ)</c>, later layers on the left; the row of the target's position is the answer.
/// </summary>
/// <remarks>
/// In an encoder–decoder a decoder layer mixes twice: with itself, then ½ with the encoder's output through cross-attention, which is
/// followed down the encoder in its turn (as in Ferrando et al. 2022, with attention weights for contributions); source and
/// target scores then sum to 1 together.
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
        double[][] raw = [.. f.Sides.Select(side => new double[f.Targets.Count * side.Length])];
        for (int t = 0; t < f.Targets.Count; t++)
        {
            (double[] self, double[] source) = Follow(patterns, f.Targets[t].Position);
            for (int side = 0; side < raw.Length; side++)
            {
                double[] row = f.Sides[side].Name == "source" && patterns.Cross.Length > 0 ? source : self;
                row.CopyTo(raw[side], t * row.Length);
            }
        }
        return new Report(this, f, request) { Raw = raw, Scores = patterns.Scores }.Make();
    }

    /// <summary>Where what is read at a position comes from: shares over the tokens of its own side, and over the source's.</summary>
    private static (double[] Self, double[] Source) Follow(AttentionPatterns patterns, int? position)
    {
        double[] shares = new double[patterns.Self[0].Queries];
        Array.Fill(shares, position is null ? 1.0 / shares.Length : 0);
        if (position is { } read)
        {
            shares[read] = 1;
        }
        double[] source = patterns.Cross.Length == 0 ? [] : new double[patterns.Cross[0].Keys];
        for (int layer = patterns.Self.Length - 1; layer >= 0; layer--)
        {
            if (patterns.Cross.Length > 0)
            {
                source = Mix(source, patterns.Cross[layer].Pull(shares), 1, 0.5);
                shares = Array.ConvertAll(shares, share => share / 2);
            }
            shares = Mix(shares, patterns.Self[layer].Pull(shares), 0.5, 0.5);
        }
        foreach (AttentionPatterns.Layer layer in patterns.Encoder.Reverse())
        {
            source = Mix(source, layer.Pull(source), 0.5, 0.5);
        }
        return (shares, source);
    }

    private static double[] Mix(double[] kept, double[] pulled, double keep, double pull) =>
        [.. kept.Zip(pulled, (a, b) => (keep * a) + (pull * b))];
}
