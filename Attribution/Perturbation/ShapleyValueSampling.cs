namespace Vitrine.Attributions;

/// <summary>
/// φᵢ ≈ mean over random orders π of v(those before i, and i) − v(those before i): features enter one after the other, and each gets
/// what the score gains when it enters. Unbiased, and complete for any number of orders.
/// </summary>
public sealed class ShapleyValueSampling : IAttributionMethod
{
    /// <summary>Orders drawn when the request names no number.</summary>
    public const int DefaultSamples = 25;

    /// <inheritdoc/>
    public string Name => "shapley_value_sampling";

    /// <inheritdoc/>
    public string Citation => "Castro, Gómez & Tejada 2009, Polynomial calculation of the Shapley value based on sampling; "
        + "Štrumbelj & Kononenko 2014, Explaining prediction models and individual predictions with feature contributions";

    /// <inheritdoc/>
    public string Cost => "at most samples × (features − 1) + 2 forwards";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var game = new Game(this, f, request);
        var random = new Random(request.Seed);
        int[][] orders = [.. Enumerable.Range(0, request.Samples ?? DefaultSamples).Select(_ => Order(random, game.Count))];
        return Attribute(game, orders);
    }

    /// <summary>The same with given orders.</summary>
    /// <param name="game">Whom to score.</param>
    /// <param name="orders">Permutations of the players. <c>[sample][player]</c></param>
    internal AttributionResult Attribute(Game game, IReadOnlyList<int[]> orders)
    {
        double[][] scores = [.. Enumerable.Range(0, game.Targets).Select(_ => new double[game.Count])];
        double[][] values = game.Values([.. orders.SelectMany(order => Prefixes(game, order))]);
        int step = 0;
        foreach (int[] order in orders)
        {
            foreach (int player in order)
            {
                for (int t = 0; t < game.Targets; t++)
                {
                    scores[t][player] += (values[step + 1][t] - values[step][t]) / orders.Count;
                }
                step++;
            }
            step++;
        }
        return game.Report(this, scores, complete: true, random: true, parameters: new() { ["n_samples"] = orders.Count }).Make();
    }

    /// <summary>No player, the first, the first two, … all.</summary>
    private static IEnumerable<Coalition> Prefixes(Game game, int[] order)
    {
        Coalition present = game.Empty;
        yield return present;
        foreach (int player in order)
        {
            yield return present = present.With(player);
        }
    }

    private static int[] Order(Random random, int players)
    {
        int[] order = [.. Enumerable.Range(0, players)];
        random.Shuffle(order);
        return order;
    }
}
