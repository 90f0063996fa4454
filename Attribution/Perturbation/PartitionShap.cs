namespace Vitrine.Attributions;

/// <summary>
/// Owen values over a tree of the text: at every node the two halves play Shapley's game of two, in each context that the nodes above
/// left open, and share what the node was worth. Exact takes about features² forwards, not 2^features.
/// </summary>
/// <remarks>
/// When the samples (forwards) run out, nodes not yet opened share their worth equally among their tokens; what is worth most is opened
/// first. Complete in any case.
/// </remarks>
public sealed class PartitionShap : IAttributionMethod
{
    /// <summary>Forwards when the request names no number, as SHAP's max_evals.</summary>
    public const int DefaultSamples = 500;

    private const int NodesPerRound = 16;

    /// <inheritdoc/>
    public string Name => "partition_shap";

    /// <inheritdoc/>
    public string Citation => "Owen 1977, Values of games with a priori unions; Lundberg's PartitionExplainer (SHAP)";

    /// <inheritdoc/>
    public string Cost => "min(samples, about features²) + 2 forwards";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var game = new Game(this, f, request);
        double[][] scores = [.. Enumerable.Range(0, game.Targets).Select(_ => new double[game.Count])];
        bool[][] reaches = [.. Enumerable.Range(0, game.Targets)
            .Select(t => Enumerable.Range(0, game.Count).Select(player => game.Reaches(t, player)).ToArray())];
        var open = new PriorityQueue<Stake, (double, int)>();
        int left = request.Samples ?? DefaultSamples, order = 0;
        Put(new(TokenTree.Of(game, f), game.Empty, game.Value(game.Empty), game.Value(game.Full), 1));
        while (open.Count > 0 && left >= 2)
        {
            var round = new List<Stake>();
            while (round.Count < Math.Min(NodesPerRound, left / 2) && open.TryDequeue(out Stake? stake, out _))
            {
                round.Add(stake);
            }
            double[][] halves = game.Values([.. round.SelectMany(stake => stake.Halves())]);
            for (int i = 0; i < round.Count; i++)
            {
                (Stake stake, double[] withLeft, double[] withRight) = (round[i], halves[2 * i], halves[(2 * i) + 1]);
                (Coalition besideRight, Coalition besideLeft) =
                    (stake.Context.With(stake.Node.Right!.Players), stake.Context.With(stake.Node.Left!.Players));
                Put(new(stake.Node.Left, stake.Context, stake.Without, withLeft, stake.Weight / 2));
                Put(new(stake.Node.Left, besideRight, withRight, stake.With, stake.Weight / 2));
                Put(new(stake.Node.Right, stake.Context, stake.Without, withRight, stake.Weight / 2));
                Put(new(stake.Node.Right, besideLeft, withLeft, stake.With, stake.Weight / 2));
            }
            left -= 2 * round.Count;
        }
        bool exact = open.Count == 0;
        while (open.TryDequeue(out Stake? stake, out _))
        {
            Share(stake);
        }
        return game.Report(this, scores, complete: true, parameters: new()
        {
            ["max_evaluations"] = request.Samples
            ?? DefaultSamples,
            ["exact"] = exact
        }).Make();

        void Put(Stake stake)
        {
            if (stake.Node.Left is null)
            {
                Share(stake);
            }
            else
            {
                open.Enqueue(stake, (-stake.Size, order++));
            }
        }

        void Share(Stake stake)
        {
            for (int t = 0; t < scores.Length; t++)
            {
                int[] reached = Array.FindAll(stake.Node.Players, player => reaches[t][player]); // later tokens have no part in it
                foreach (int player in reached)
                {
                    scores[t][player] += stake.Weight * (stake.With[t] - stake.Without[t]) / reached.Length;
                }
            }
        }
    }

    /// <summary>What a node adds to a context, and how much that counts.</summary>
    private sealed record Stake(TokenTree Node, Coalition Context, double[] Without, double[] With, double Weight)
    {
        public double Size => Weight * With.Zip(Without, (with, without) => Math.Abs(with - without)).Max();

        public Coalition[] Halves() => [Context.With(Node.Left!.Players), Context.With(Node.Right!.Players)];
    }
}
