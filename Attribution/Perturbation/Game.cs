using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// A score function as a cooperative game: the players are tokens, or groups of tokens, and v(S) is the score of the input in
/// which everybody outside S is replaced by the baseline. All perturbation methods ask this game, each in its own way.
/// </summary>
/// <remarks>
/// A coalition is scored once however often it is asked for, in batches that keep to the byte budget; all targets are scored
/// by the same forward.
/// </remarks>
internal sealed class Game
{
    private readonly ScoreFunction _f;
    private readonly AttributionRequest _request;
    private readonly Players _players;
    private readonly float[][] _present, _absent;
    private readonly Dictionary<Coalition, double[]> _known = [];
    private readonly Work _work;

    /// <summary>The game of a score function.</summary>
    /// <exception cref="VitrineException">There is nobody to play, or the groups do not fit.</exception>
    public Game(IAttributionMethod method, ScoreFunction f, AttributionRequest request)
    {
        (_f, _request, _work) = (f, request, new Work(request, 0));
        Baseline = ResolvedBaseline.Of(f, request);
        _players = Players.Of(method, f, request, Baseline);
        _present = [.. f.Sides.Select(side => side.Embeddings.ToArray())];
        _absent = [.. Baseline.Embeddings.Select(side => side.ToArray())];
        Everybody = Coalition.All(Count);
        Nobody = Coalition.None(Count);
    }

    /// <summary>What stands for those who are absent.</summary>
    public ResolvedBaseline Baseline { get; }

    /// <summary>Number of players.</summary>
    public int Count => _players.Count;

    /// <summary>Number of targets.</summary>
    public int Targets => _f.Targets.Count;

    /// <summary>The coalition of all: the input itself.</summary>
    public Coalition Everybody { get; }

    /// <summary>The empty coalition: the baseline.</summary>
    public Coalition Nobody { get; }

    /// <summary>The players of a side in the order of their first tokens.</summary>
    public int[] InOrder(int side) => _players.InOrder(side);

    /// <summary>Whether a target can depend on a player at all.</summary>
    public bool Reaches(int target, int player) => _players.Reaches(_f.Targets[target], player);

    /// <summary>v(S) for every target. <c>[target]</c></summary>
    public double[] Value(Coalition coalition) => Values([coalition])[0];

    /// <summary>v(S) of several coalitions, computed together. <c>[coalition][target]</c></summary>
    public double[][] Values(IReadOnlyList<Coalition> coalitions)
    {
        Coalition[] open = [.. coalitions.Where(c => !_known.ContainsKey(c)).Distinct()];
        _work.Plan(open.Length);
        foreach (Coalition[] chunk in open.Chunk(Batching.Forward(_f, _request.ByteBudget)))
        {
            _work.Check();
            float[] scores = Score(chunk);
            for (int i = 0; i < chunk.Length; i++)
            {
                _known[chunk[i]] = Array.ConvertAll(scores[(i * Targets)..((i + 1) * Targets)], s => (double)s);
            }
            _work.Advance(chunk.Length);
        }
        return [.. coalitions.Select(c => _known[c])];
    }

    /// <summary>The embeddings of a coalition on one side. <c>[pos · d_model]</c></summary>
    public float[] Embeddings(Coalition coalition, int side)
    {
        float[] made = new float[_present[side].Length];
        Fill(coalition, side, made);
        return made;
    }

    /// <summary>The token ids of a coalition on one side, where the baseline is made of tokens. <c>[pos]</c></summary>
    public float[] Ids(Coalition coalition, int side) => [.. _f.Sides[side].Tokens.Select((token, p) =>
        (float)(_players.At(side, p) is >= 0 and int player && !coalition.Has(player) ? Baseline.Ids![side][p] : token.Id))];

    /// <summary>
    /// The result: one score per player and target, <c>[target][player]</c>, shared equally among a player's tokens
    /// (<c>--compat captum</c> gives each of them the whole score).
    /// </summary>
    public Report Report(IAttributionMethod method, double[][] scores, bool complete = false, bool random = false, Dictionary<string, object>? parameters = null, string[]? warnings = null)
    {
        bool whole = _request.Compat == Compat.Captum;
        return new(method, _f, _request)
        {
            Raw = _players.Spread(_f, scores, whole),
            Scores = Value(Everybody),
            BaselineScores = complete ? Value(Nobody) : null,
            Complete = complete && !(whole && _players.HasGroups),
            Baseline = Baseline,
            Random = random,
            Parameters = parameters ?? [],
            Warnings = warnings ?? [],
        };
    }

    private float[] Score(Coalition[] coalitions)
    {
        if (coalitions is [Coalition only] && only.Equals(Everybody))
        {
            return _f.Score(Sweep.Input(_f)).ToArray();
        }
        var embeddings = new Tensor[_f.Sides.Count];
        for (int side = 0; side < embeddings.Length; side++)
        {
            int size = _present[side].Length;
            float[] rows = new float[checked(coalitions.Length * size)];
            for (int i = 0; i < coalitions.Length; i++)
            {
                Fill(coalitions[i], side, rows.AsSpan(i * size, size));
            }
            embeddings[side] = Tensor.From(rows, _f.Sides[side].Embeddings.Shape.Prepend(coalitions.Length), _f.Sides[side].Embeddings.Device);
        }
        return _f.Score(embeddings).ToArray();
    }

    private void Fill(Coalition coalition, int side, Span<float> row)
    {
        int width = _present[side].Length / _f.Sides[side].Length;
        _present[side].CopyTo(row);
        for (int p = 0; p < _f.Sides[side].Length; p++)
        {
            if (_players.At(side, p) is >= 0 and int player && !coalition.Has(player))
            {
                _absent[side].AsSpan(p * width, width).CopyTo(row[(p * width)..]);
            }
        }
    }
}
