namespace Vitrine.Attributions;

/// <summary>
/// f(x) − f(x without feature i): what the score loses when one token, or one group of tokens, is replaced by the baseline.
/// </summary>
public sealed class FeatureAblation : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "feature_ablation";

    /// <inheritdoc/>
    public string Citation => "Zeiler & Fergus 2014, Visualizing and understanding convolutional networks; "
        + "Li, Monroe & Jurafsky 2016, Understanding neural networks through representation erasure";

    /// <inheritdoc/>
    public string Cost => "features + 1 forwards";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline) where features do not interact, otherwise nothing in particular";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var game = new Game(this, f, request);
        double[] with = game.Value(game.Full);
        double[][] without = game.Values([.. Enumerable.Range(0, game.Count).Select(game.Full.Without)]);
        double[][] scores = [.. with.Select((v, t) => without.Select(values => v - values[t]).ToArray())];
        return game.Report(this, scores).Make();
    }
}
