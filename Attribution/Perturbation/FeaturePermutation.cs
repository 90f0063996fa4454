using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// f(x) − mean of f(x with the tokens of feature i replaced by other tokens of the same text): what the score loses when a feature's
/// value is shuffled, so that what stands there is still text and no foreign baseline.
/// </summary>
/// <remarks>
/// The paper, and Captum, shuffle a feature among the examples of a batch; one text has only its own tokens to shuffle. No baseline is
/// used, except to tell which tokens are features.
/// </remarks>
public sealed class FeaturePermutation : IAttributionMethod
{
    /// <summary>Draws per feature when the request names no number.</summary>
    public const int DefaultSamples = 10;

    /// <inheritdoc/>
    public string Name => "feature_permutation";

    /// <inheritdoc/>
    public string Citation => "Breiman 2001, Random forests; Fisher, Rudin & Dominici 2019, All models are wrong, but many are useful";

    /// <inheritdoc/>
    public string Cost => "samples × features + 1 forwards";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var game = new Game(this, f, request);
        int draws = request.Samples ?? DefaultSamples;
        var random = new Random(request.Seed);
        float[][] input = [.. Enumerable.Range(0, f.Sides.Count).Select(side => game.Embeddings(game.Full, side))];
        int[][] donors = [.. f.Sides.Select((side, s) => Enumerable.Range(0, side.Length).Where(p => game.PlayerAt(s, p) >= 0).ToArray())];
        if (donors.All(positions => positions.Length < 2))
        {
            throw new VitrineException($"{Name}: nothing to shuffle; got one token; expected at least two. Use feature_ablation.");
        }
        double[] with = game.Value(game.Full);
        double[][] without = game.Score(game.Count * draws, Shuffled);
        double[][] scores = [.. with.Select((v, t) => Enumerable.Range(0, game.Count)
            .Select(player => v - Enumerable.Range(0, draws).Average(draw => without[(player * draws) + draw][t])).ToArray())];
        return game.Report(this, scores, random: true, parameters: new() { ["n_samples"] = draws }).Make();

        float[][] Shuffled(int index)
        {
            float[][] made = [.. input.Select(side => side.ToArray())];
            for (int side = 0; side < made.Length; side++)
            {
                int width = made[side].Length / f.Sides[side].Length;
                foreach (int p in donors[side].Where(p => game.PlayerAt(side, p) == index / draws && donors[side].Length > 1))
                {
                    int from = random.Next(donors[side].Length - 1);
                    int donor = donors[side][from + (donors[side][from] >= p ? 1 : 0)];
                    input[side].AsSpan(donor * width, width).CopyTo(made[side].AsSpan(p * width));
                }
            }
            return made;
        }
    }
}
