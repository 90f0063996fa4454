namespace Vitrine.Attributions;

/// <summary>
/// The attention weights themselves: how much the position that a target is read from looks at each token. Source tokens of
/// an encoder–decoder are seen through cross-attention, target tokens through the decoder's self-attention.
/// </summary>
/// <remarks>
/// Raw scores are <c>[target, pos, layer, head]</c>; by default their mean. A picture of where information may flow, not of what
/// the score depends on (Jain &amp; Wallace 2019). A target without a position is seen from all positions, on average.
/// </remarks>
public sealed class AttentionWeights : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "attention";

    /// <inheritdoc/>
    public string Citation => "Bahdanau, Cho & Bengio 2015, Neural machine translation by jointly learning to align and translate";

    /// <inheritdoc/>
    public string Cost => "1 forward";

    /// <inheritdoc/>
    public string SumsTo => "1 per side and target, as patterns do; unrelated to the score";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        AttentionPatterns patterns = AttentionPatterns.Of(f, request);
        AttentionPatterns.Layer[] widest = patterns.Towards(f.Sides[0]);
        return new Report(this, f, request)
        {
            Raw = [.. f.Sides.Select(side => Raw(f, side, patterns.Towards(side)))],
            Axes = [("layer", widest.Length), ("head", widest[0].Heads)],
            Aggregator = Aggregators.Mean,
            Scores = patterns.Scores,
            Parameters = new Dictionary<string, object>
            {
                ["layers"] = request.Layers is null ? "all" : string.Join(",", request.Layers),
                ["heads"] = request.Heads is null ? "all" : string.Join(",", request.Heads),
            },
        }.Make();
    }

    private static double[] Raw(ScoreFunction f, InputSide side, AttentionPatterns.Layer[] layers)
    {
        var raw = new List<double>();
        foreach (ScoreTarget target in f.Targets)
        {
            for (int key = 0; key < side.Length; key++)
            {
                foreach (AttentionPatterns.Layer layer in layers)
                {
                    for (int head = 0; head < layer.Heads; head++)
                    {
                        raw.Add(target.Position is { } query
                            ? layer.At(head, query, key)
                            : Enumerable.Range(0, layer.Queries).Average(query => layer.At(head, query, key)));
                    }
                }
            }
        }
        return [.. raw];
    }
}
