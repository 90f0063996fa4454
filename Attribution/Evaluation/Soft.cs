using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Soft perturbation: every number of a token's embedding is zeroed at random, the more likely the more (or the less) the token matters.
/// Importance is the score between the lowest and the highest of the text, a = (s − min) / (max − min).
/// </summary>
internal static class Soft
{
    public const string Citation = "Zhao & Aletras 2023, Incorporating attribution importance for improving faithfulness metrics";

    public const string PiCitation = "Zhao & Shan 2024, ReAGent: a model-agnostic feature attribution method for generative language "
        + "models";

    /// <summary>What soft inputs lose per target, the mean over draws, and what the input of zeros loses.</summary>
    /// <param name="trial">What was explained.</param>
    /// <param name="result">The explanation.</param>
    /// <param name="keepsImportant">Whether importance is the chance to stay, or to go.</param>
    /// <param name="score">From embeddings to <c>[batch, target]</c>.</param>
    /// <param name="lost">From a target and its score to what is lost.</param>
    public static (double[] Soft, double[] Zero) Ask(Trial trial, AttributionResult result, bool keepsImportant,
        Func<Tensor[], Tensor> score, Func<int, double, double> lost)
    {
        (Game game, int targets, int draws) = (trial.Game, trial.Function.Targets.Count, trial.Options.Draws);
        double[][] chances = [.. Enumerable.Range(0, targets).Select(t => Chances(trial, result, t, keepsImportant))];
        double[][] values = game.Score((targets * draws) + 1, i => i < targets * draws
            ? Draw(trial, chances[i / draws], i) : Zeros(trial), score);
        return ([.. Enumerable.Range(0, targets).Select(t => Enumerable.Range(t * draws, draws).Average(i => lost(t, values[i][t])))],
            [.. values[^1].Select((value, t) => lost(t, value))]);
    }

    /// <summary>How likely a number of each player's embedding stays; players beyond a target's reach stay.</summary>
    private static double[] Chances(Trial trial, AttributionResult result, int target, bool keepsImportant)
    {
        double[] scores = trial.Scores(result, target), chances = [.. Enumerable.Repeat(1.0, scores.Length)];
        int[] players = trial.Reached(target);
        (double low, double high) = players.Length == 0 ? (0, 0) : (players.Min(p => scores[p]), players.Max(p => scores[p]));
        foreach (int player in players)
        {
            double importance = high > low ? (scores[player] - low) / (high - low) : 0.5;
            chances[player] = keepsImportant ? importance : 1 - importance;
        }
        return chances;
    }

    private static float[][] Draw(Trial trial, double[] chances, int number)
    {
        var random = trial.Request.Randomness(unchecked((trial.Request.Seed * 1_000_003) + number));
        return Made(trial, (player, _) => random.NextDouble() < chances[player]);
    }

    private static float[][] Zeros(Trial trial) => Made(trial, (_, _) => false);

    private static float[][] Made(Trial trial, Func<int, int, bool> stays) => [.. trial.Function.Sides.Select((side, s) =>
    {
        float[] row = trial.Game.Embeddings(trial.Game.Full, s);
        int width = row.Length / side.Length;
        for (int i = 0; i < row.Length; i++)
        {
            if (trial.Game.PlayerAt(s, i / width) is >= 0 and int player && !stays(player, i))
            {
                row[i] = 0;
            }
        }
        return row;
    })];
}

/// <summary>Soft normalised comprehensiveness or sufficiency, of f or of the whole distribution of the next word.</summary>
public sealed class SoftMetric : IMetric
{
    private readonly bool _isSufficiency, _isDistribution;

    private SoftMetric(string name, bool isSufficiency, bool isDistribution) =>
        (Name, _isSufficiency, _isDistribution) = (name, isSufficiency, isDistribution);

    /// <summary>Soft-NC of f.</summary>
    public static SoftMetric Comprehensiveness { get; } = new("soft_nc", false, false);

    /// <summary>Soft-NS of f.</summary>
    public static SoftMetric Sufficiency { get; } = new("soft_ns", true, false);

    /// <summary>π-Soft-NC: Hellinger distances between distributions, for generation.</summary>
    public static SoftMetric PiComprehensiveness { get; } = new("pi_soft_nc", false, true);

    /// <summary>π-Soft-NS: Hellinger distances between distributions, for generation.</summary>
    public static SoftMetric PiSufficiency { get; } = new("pi_soft_ns", true, true);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Citation => _isDistribution ? Soft.PiCitation : Soft.Citation;

    /// <inheritdoc/>
    public string Formula => (_isSufficiency, _isDistribution) switch
    {
        (false, false) => "C(x') / C(0), C(x') = max(0, f(x) − f(x')), numbers of a token stay with chance 1 − a",
        (true, false) => "(S(x') − S(0)) / (1 − S(0)), S(x') = 1 − max(0, f(x) − f(x')), numbers of a token stay with chance a",
        (false, true) => "H(x') / H(0), H(x') = Hellinger distance of p(·|x') from p(·|x), numbers of a token stay with chance 1 − a",
        (true, true) => "max(0, H(0) − H(x')) / H(0), numbers of a token stay with chance a",
    };

    /// <inheritdoc/>
    public string Range => "0 to 1 where the input of zeros is the least like x; NaN where it is not unlike";

    /// <inheritdoc/>
    public bool HigherIsBetter => true;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        ScoreFunction f = trial.Function;
        double[] full = trial.Full;
        Tensor? own = _isDistribution ? f.Distributions(Sweep.Input(f)).Sqrt() : null;
        (double[] soft, double[] zero) = Soft.Ask(
            trial, result, _isSufficiency,
            embeddings => own is null ? f.Score(embeddings) : Hellinger(f.Distributions(embeddings).Sqrt(), own),
            (t, value) => _isDistribution ? value : Math.Max(0, full[t] - value));
        return [.. soft.Select((lost, t) => zero[t] <= 0 ? double.NaN
            : !_isSufficiency ? lost / zero[t]
            : (_isDistribution ? Math.Max(0, zero[t] - lost) : zero[t] - lost) / zero[t])];
    }

    /// <summary>√½ · ‖√p − √q‖₂. <c>[batch, target]</c></summary>
    private static Tensor Hellinger(Tensor rootP, Tensor rootQ)
    {
        Tensor difference = rootP - rootQ.Expand(rootP.Shape);
        return (difference * difference).Sum([-1]).Scale(0.5f).Sqrt();
    }
}
