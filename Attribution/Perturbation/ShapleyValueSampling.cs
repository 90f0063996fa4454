namespace Vitrine.Attributions;

/// <summary>
/// φᵢ ≈ mean over random orders π of v(those before i, and i) − v(those before i): features enter one after the other, and each gets
/// what the score gains when it enters. Unbiased, and complete for any number of orders.
/// </summary>
public sealed class ShapleyValueSampling : IAttributionMethod
{
    /// <summary>Orders drawn when the request names no number.</summary>
    public const int DefaultSamples = 25;

    private const int Block = 1000; // orders at a time

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
        int samples = request.Samples ?? DefaultSamples;
        return Attribute(game, Enumerable.Range(0, samples).Select(_ => Order(random, game.Count)), samples);
    }

    /// <summary>The same with given orders.</summary>
    /// <param name="game">Whom to score.</param>
    /// <param name="orders">Permutations of the players. <c>[sample][player]</c></param>
    /// <param name="samples">How many there are.</param>
    internal AttributionResult Attribute(Game game, IEnumerable<int[]> orders, int samples)
    {
        double[][] scores = [.. Enumerable.Range(0, game.Targets).Select(_ => new double[game.Count])];
        game.Expect(samples * Math.Max(1.0, game.Count - 1));
        foreach (int[][] block in orders.Chunk(Block))
        {
            double[][] values = game.Values([.. block.SelectMany(order => Prefixes(game, order))]);
            int step = 0;
            foreach (int[] order in block)
            {
                foreach (int player in order)
                {
                    for (int t = 0; t < game.Targets; t++)
                    {
                        scores[t][player] += (values[step + 1][t] - values[step][t]) / samples;
                    }
                    step++;
                }
                step++;
            }
        }
        return game.Report(this, scores, complete: true, random: true, parameters: new() { ["n_samples"] = samples }).Make();
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
