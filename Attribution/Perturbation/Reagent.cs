using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Recursive attribution generator: tokens are replaced at random, and those replaced gain what the target's probability lost, the others
/// lose it; until the five most important tokens alone, all else replaced, still bring the target among the three most likely. The scores
/// are the mean of the softmax over several such searches.
/// </summary>
/// <remarks>
/// As Inseq's default: 30 % replaced per step, 16 searches, at most <see cref="AttributionRequest.Samples"/> steps (Inseq 3000; 100 here).
/// The paper takes replacements from RoBERTa, Inseq from words with the same part of speech; here they are drawn from the whole vocabulary.
/// A search that did not succeed counts only where none did.
/// </remarks>
public sealed class Reagent : IAttributionMethod
{
    /// <summary>Steps at most, when the request names no number.</summary>
    public const int DefaultSteps = 100;

    private const int Searches = 16, Kept = 5, TopK = 3;
    private const double Replaced = 0.3;

    /// <inheritdoc/>
    public string Name => "reagent";

    /// <inheritdoc/>
    public string Citation => "Zhao & Shan 2024, ReAGent: a model-agnostic feature attribution method for generative language models";

    /// <inheritdoc/>
    public string Cost => "at most steps × 16 × (1 + targets) + 1 forwards";

    /// <inheritdoc/>
    public string SumsTo => "1 per target, never negative";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        if (f.StepName != "probability")
        {
            throw new VitrineException($"{Name}: it follows probabilities; got step '{f.StepName}'; expected probability. "
                + $"Other steps: shapley_value_sampling, lime.");
        }
        int words = f.Transformer?.Info.VocabSize ?? throw new VitrineException($"{Name}: no vocabulary to take replacements from; "
            + $"got a plain function; expected a model. Use feature_permutation.");
        var game = new Game(this, f, request);
        int limit = request.Samples ?? DefaultSteps;
        double[] with = game.Value(game.Full);
        var random = request.Randomness(request.Seed);
        Search[][] searches = [.. f.Targets.Select((_, t) => Enumerable.Range(0, Searches)
            .Select(_ => new Search([.. Enumerable.Range(0, game.Count).Where(player => game.Reaches(t, player))], game.Count, random))
            .ToArray())];
        int step = 0;
        for (; step < limit && searches.Any(target => target.Any(search => !search.Done)); step++)
        {
            Coalition[] kept = [.. Enumerable.Range(0, Searches)
                .Select(_ => Coalition.Of(game.Count, _ => random.NextDouble() >= Replaced))];
            double[][] without = game.Score(Searches, i => Replace(game, f, kept[i], words, random));
            (int Target, int Search)[] running =
                [.. searches.SelectMany((target, t) => Enumerable.Range(0, Searches).Where(i => !target[i].Done).Select(i => (t, i)))];
            foreach ((int t, int i) in running)
            {
                searches[t][i].Update(kept[i], with[t] - without[i][t]);
            }
            double[][] ranks = game.Ranks(running.Length,
                i => Replace(game, f, searches[running[i].Target][running[i].Search].Best(Kept), words, random));
            for (int i = 0; i < running.Length; i++)
            {
                searches[running[i].Target][running[i].Search].Done = ranks[i][running[i].Target] < TopK;
            }
        }
        double[][] scores = [.. searches.Select(Mean)];
        int failed = searches.Count(target => !target.Any(search => search.Done));
        string[] warnings = failed == 0 ? [] : [$"{failed} of {searches.Length} targets were not brought back by their {Kept} best tokens "
            + $"within {limit} steps"];
        return game.Report(this, scores, random: true, parameters: new() { ["n_steps"] = step, ["n_searches"] = Searches },
            warnings: warnings).Make();
    }

    private static float[][] Replace(Game game, ScoreFunction f, Coalition kept, int words, Random random) =>
        [.. f.Sides.Select((side, s) =>
    {
        int[] ids = [.. side.Tokens.Select((token, p) => game.PlayerAt(s, p) is >= 0 and int player && !kept.Has(player)
            ? random.Next(words) : token.Id)];
        return f.Embed(s, Tensor.From(ids, [ids.Length])).ToArray();
    })];

    private static double[] Mean(Search[] searches)
    {
        Search[] counted = [.. searches.Where(search => search.Done)];
        counted = counted.Length == 0 ? searches : counted;
        double[][] shares = [.. counted.Select(search => search.Shares())];
        return [.. shares[0].Select((_, player) => shares.Average(share => share[player]))];
    }

    /// <summary>One search for the important tokens of one target.</summary>
    internal sealed class Search
    {
        private readonly int[] _reached;
        private readonly double[] _importance;

        public Search(int[] reached, int players, Random random)
        {
            (_reached, _importance) = (reached, new double[players]);
            foreach (int player in reached)
            {
                _importance[player] = random.NextDouble();
            }
        }

        public bool Done { get; set; }

        /// <summary>Before the softmax. <c>[player]</c></summary>
        public IReadOnlyList<double> Importance => _importance;

        /// <summary>Adds logit(½ + ½Δ) to the replaced and takes it from the others.</summary>
        public void Update(Coalition kept, double drop)
        {
            double logit = Math.Log((1 + drop) / (1 - drop));
            foreach (int player in _reached)
            {
                _importance[player] += double.IsFinite(logit) ? kept.Has(player) ? -logit : logit : 0;
            }
        }

        /// <summary>The most important players.</summary>
        public Coalition Best(int count) => _reached.OrderByDescending(player => _importance[player]).Take(count)
            .Aggregate(Coalition.None(_importance.Length), (made, player) => made.With(player));

        /// <summary>Softmax over the players the target reaches.</summary>
        public double[] Shares()
        {
            double largest = _reached.Max(player => _importance[player]),
                total = _reached.Sum(player => Math.Exp(_importance[player] - largest));
            double[] shares = new double[_importance.Length];
            foreach (int player in _reached)
            {
                shares[player] = Math.Exp(_importance[player] - largest) / total;
            }
            return shares;
        }
    }
}
