namespace Vitrine.Attributions;

/// <summary>
/// Sᵢ = E[(v(S) − v(S △ i))²] / (4 Var v(S)), S a random half of the features: the share of the score's variance that goes away when
/// feature i is known, all its interactions included (total-order Sobol indices, by Jansen's estimator).
/// </summary>
/// <remarks>
/// Features are there or not, each with probability ½, where the paper for images blends them in. A set with one feature flipped is as
/// random as the set itself, so the variance is that of all values, n + 1 per sample. If there are no more coalitions than samples, all are
/// taken and the indices are exact.
/// </remarks>
public sealed class Sobol : IAttributionMethod
{
    /// <summary>Random coalitions when the request names no number, as in the paper.</summary>
    public const int DefaultSamples = 32;

    /// <inheritdoc/>
    public string Name => "sobol";

    /// <inheritdoc/>
    public string Citation =>
        "Fel, Cadène, Chalvidal, Cord, Vigouroux & Serre 2021, Look at the variance! Efficient black-box explanations "
        + "with Sobol-based sensitivity analysis";

    /// <inheritdoc/>
    public string Cost => "at most samples × (features + 1) + 1 forwards";

    /// <inheritdoc/>
    public string SumsTo => "1 where features do not interact, more where they do; never negative";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var game = new Game(this, f, request);
        int n = game.Count, samples = request.Samples ?? DefaultSamples;
        var random = request.Randomness(request.Seed);
        bool all = n < 31 && 1 << n <= samples;
        Coalition[] drawn = [.. Enumerable.Range(0, all ? 1 << n : samples)
            .Select(i => Coalition.Of(n, player => all ? (i >> player & 1) != 0 : random.Next(2) == 1))];
        double[][] values = game.Values([.. drawn.SelectMany(set => Enumerable.Range(0, n)
            .Select(player => set.Has(player) ? set.Without(player) : set.With(player)).Prepend(set))]);
        double[][] scores = [.. Enumerable.Range(0, game.Targets).Select(_ => new double[n])];
        for (int t = 0; t < game.Targets; t++)
        {
            double[] at = [.. Enumerable.Range(0, drawn.Length).Select(i => values[i * (n + 1)][t])];
            double mean = values.Average(value => value[t]), variance = values.Average(value => (value[t] - mean) * (value[t] - mean));
            for (int player = 0; player < n && variance > 0; player++)
            {
                scores[t][player] = Enumerable.Range(0, drawn.Length)
                    .Average(i => Math.Pow(at[i] - values[(i * (n + 1)) + 1 + player][t], 2)) / (4 * variance);
            }
        }
        return game.Report(this, scores, random: !all, parameters: new() { ["n_samples"] = drawn.Length, ["exact"] = all }).Make();
    }
}
