using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>One score function under test: several methods and metrics ask it, and what one of them computed serves the others.</summary>
public sealed class Trial
{
    private readonly int[] _shuffled;

    /// <summary>A trial of a score function.</summary>
    /// <param name="function">What was explained.</param>
    /// <param name="request">What a token is replaced by, the seed, the memory.</param>
    /// <param name="options">How metrics probe; null: the defaults.</param>
    /// <exception cref="VitrineException">No token can be replaced.</exception>
    public Trial(ScoreFunction function, AttributionRequest request, EvaluationOptions? options = null)
    {
        (Function, Request, Options) = (function, request, options ?? new EvaluationOptions());
        Game = new Game("evaluation", function, request);
        _shuffled = [.. Enumerable.Range(0, Game.Count)];
        new Random(request.Seed).Shuffle(_shuffled);
    }

    /// <summary>What was explained.</summary>
    public ScoreFunction Function { get; }

    /// <summary>What a token is replaced by, the seed, the memory.</summary>
    public AttributionRequest Request { get; }

    /// <summary>How metrics probe.</summary>
    public EvaluationOptions Options { get; }

    /// <summary>Which tokens a person marked as the reason, per side and position; null where there is none.</summary>
    public IReadOnlyList<bool[]>? Rationale { get; init; }

    /// <summary>
    /// A person's links of the words of a translation, in Pharaoh's form (<see cref="Alignment.ErrorRate"/>); null where there is none.
    /// </summary>
    public string? GoldAlignment { get; init; }

    /// <summary>
    /// The tokens as players: who is absent is replaced by the baseline. Special tokens that the baseline keeps do not play.
    /// </summary>
    internal Game Game { get; }

    /// <summary>f(x). <c>[target]</c></summary>
    internal double[] Full => Game.Value(Game.Full);

    /// <summary>The players that a target can depend on.</summary>
    internal int[] Reached(int target) => [.. Enumerable.Range(0, Game.Count).Where(player => Game.Reaches(target, player))];

    /// <summary>The score of every player: the sum over its tokens. <c>[player]</c></summary>
    /// <exception cref="VitrineException">The result is about other tokens.</exception>
    internal double[] Scores(AttributionResult result, int target)
    {
        if (!result.Sides.Select(side => side.Tokens.Count).SequenceEqual(Function.Sides.Select(side => side.Length))
            || result.Targets.Count != Function.Targets.Count)
        {
            throw new VitrineException(
                $"evaluation: these scores are about something else; got "
                    + $"{string.Join(" and ", result.Sides.Select(side => side.Tokens.Count))} tokens and {result.Targets.Count} targets; "
                + $"expected {string.Join(" and ", Function.Sides.Select(side => side.Length))} and {Function.Targets.Count}. Evaluate "
                + $"scores before merging them into words.");
        }
        double[] scores = new double[Game.Count];
        for (int s = 0; s < result.Sides.Count; s++)
        {
            for (int p = 0; p < result.Sides[s].Tokens.Count; p++)
            {
                if (Game.PlayerAt(s, p) is >= 0 and int player)
                {
                    scores[player] += result.Sides[s].Scores[target][p];
                }
            }
        }
        return scores;
    }

    /// <summary>
    /// The players that a target can depend on, the strongest evidence for it first; equal ones in a random order that the seed decides.
    /// </summary>
    internal int[] Order(AttributionResult result, int target)
    {
        double[] scores = Scores(result, target);
        return [.. Reached(target).OrderByDescending(player => scores[player]).ThenBy(player => _shuffled[player])];
    }

    /// <summary>f of the input without the first k players of an order, for several k, chosen by their scores. <c>[target][k]</c></summary>
    internal double[][] Without(AttributionResult result, Func<double[], int[]> counts) =>
        Asked(result, counts, (players, first) => Coalition.Of(Game.Count, player => !first.Contains(player)));

    /// <summary>f of the input with only the first k players of an order, for several k. <c>[target][k]</c></summary>
    internal double[][] With(AttributionResult result, Func<double[], int[]> counts) =>
        Asked(result, counts, (players, first) => Coalition.Of(Game.Count, player => first.Contains(player) || !players.Contains(player)));

    private double[][] Asked(AttributionResult result, Func<double[], int[]> counts, Func<HashSet<int>, HashSet<int>, Coalition> coalition)
    {
        List<(int Target, Coalition Coalition)> all = [];
        for (int t = 0; t < Function.Targets.Count; t++)
        {
            int[] order = Order(result, t);
            HashSet<int> players = [.. order];
            double[] scores = Scores(result, t);
            all.AddRange(counts([.. order.Select(player => scores[player])]).Select(k => (t, coalition(players, [.. order[..k]]))));
        }
        double[][] values = Game.Values([.. all.Select(one => one.Coalition)]);
        double[][] perTarget = new double[Function.Targets.Count][];
        for (int t = 0; t < perTarget.Length; t++)
        {
            perTarget[t] = [.. Enumerable.Range(0, all.Count).Where(i => all[i].Target == t).Select(i => values[i][t])];
        }
        return perTarget;
    }
}
