using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// A score function as a cooperative game: the players are tokens, or groups of tokens, and v(S) is the score of the input in
/// which every player outside S is replaced by the baseline. All perturbation methods ask this game, each in its own way.
/// </summary>
/// <remarks>
/// A coalition is scored once however often it is asked for, in batches that keep to the byte budget; all targets are scored
/// by the same forward. In a causal model coalitions are scored in the order of their first absentee, so that a batch reuses
/// the keys and values of the text before.
/// </remarks>
internal sealed class Game
{
    /// <summary>More tokens at a time are not faster, and share a shorter prefix.</summary>
    private const int MaxBatchTokens = 2048;

    private readonly ScoreFunction _f;
    private readonly AttributionRequest _request;
    private readonly Players _players;
    private readonly float[][] _present, _absent;
    private readonly Lazy<Func<Tensor, int, Tensor>?> _fromPrefix;
    private readonly Dictionary<Coalition, double[]> _known = [];
    private readonly Work _work;
    private int _expected; // passes that were told before they were asked for

    /// <summary>The game of a score function.</summary>
    /// <exception cref="VitrineException">There is no player, or the groups do not fit.</exception>
    public Game(IAttributionMethod method, ScoreFunction f, AttributionRequest request) : this(method.Name, f, request)
    {
    }

    /// <summary>The game of a score function.</summary>
    /// <exception cref="VitrineException">There is no player, or the groups do not fit.</exception>
    public Game(string asker, ScoreFunction f, AttributionRequest request)
    {
        (_f, _request, _work) = (f, request, new Work(request, 0));
        Baseline = ResolvedBaseline.Of(f, request);
        _players = Players.Of(asker, f, request, Baseline);
        _present = [.. f.Sides.Select(side => side.Embeddings.ToArray())];
        _absent = [.. Baseline.Embeddings.Select(side => side.ToArray())];
        _fromPrefix = new(f.FromPrefix);
        Full = Coalition.All(Count);
        Empty = Coalition.None(Count);
    }

    /// <summary>What stands for those who are absent.</summary>
    public ResolvedBaseline Baseline { get; }

    /// <summary>Number of players.</summary>
    public int Count => _players.Count;

    /// <summary>Number of targets.</summary>
    public int Targets => _f.Targets.Count;

    /// <summary>The coalition of all: the input itself.</summary>
    public Coalition Full { get; }

    /// <summary>The empty coalition: the baseline.</summary>
    public Coalition Empty { get; }

    /// <summary>The players of a side in the order of their first tokens.</summary>
    public int[] InOrder(int side) => _players.InOrder(side);

    /// <summary>The player of a token; −1 where it stays as it is.</summary>
    public int PlayerAt(int side, int position) => _players.At(side, position);

    /// <summary>The first token of a player on a side.</summary>
    public int PositionOf(int player, int side) => Enumerable.Range(0, _f.Sides[side].Length).First(p => PlayerAt(side, p) == player);

    /// <summary>Whether a target can depend on a player at all.</summary>
    public bool Reaches(int target, int player) => _players.Reaches(_f.Targets[target], player);

    /// <summary>Tells progress of coalitions that will be asked for one after the other: no more than there are.</summary>
    public void Expect(double coalitions)
    {
        _expected = (int)Math.Min(int.MaxValue / 2, Math.Min(coalitions, Math.Pow(2, Count)));
        _work.Plan(_expected);
    }

    /// <summary>v(S) for every target. <c>[target]</c></summary>
    public double[] Value(Coalition coalition) => Values([coalition])[0];

    /// <summary>v(S) of several coalitions, computed together. <c>[coalition][target]</c></summary>
    public double[][] Values(IReadOnlyList<Coalition> coalitions)
    {
        Coalition[] open = [.. coalitions.Where(c => !_known.ContainsKey(c)).Distinct()];
        if (open is [Coalition only] && only.Equals(Full))
        {
            _work.Check();
            _known[only] = Rows(_f.Score(Sweep.Input(_f)).ToArray()).Single();
            return [.. coalitions.Select(c => _known[c])];
        }
        if (open.Length > 1 && _fromPrefix.Value is not null)
        {
            open = [.. open.OrderByDescending(FirstAbsent)];
        }
        double[][] values = Batches(open.Length, i => [.. _present.Select((_, side) => Embeddings(open[i], side))], (first, embeddings) =>
            open.Length > 1 && _fromPrefix.Value is { } fromPrefix
                && FirstAbsent(open[first + embeddings[0].Shape[0] - 1]) is > 0 and int kept
                ? fromPrefix(embeddings[0], kept)
                : _f.Score(embeddings));
        for (int i = 0; i < open.Length; i++)
        {
            _known[open[i]] = values[i];
        }
        return [.. coalitions.Select(c => _known[c])];
    }

    /// <summary>
    /// The scores of inputs of another making: <c>make(i)</c> gives one row of <c>[pos · d_model]</c> per side. <c>[input][target]</c>
    /// </summary>
    public double[][] Score(int count, Func<int, float[][]> make) => Batches(count, make, (_, embeddings) => _f.Score(embeddings));

    /// <summary>The same with another score of a batch of embeddings, <c>[batch, target]</c>.</summary>
    public double[][] Score(int count, Func<int, float[][]> make, Func<Tensor[], Tensor> score) =>
        Batches(count, make, (_, embeddings) => score(embeddings));

    /// <summary>How many classes are more likely than each target, in inputs of another making. <c>[input][target]</c></summary>
    public double[][] Ranks(int count, Func<int, float[][]> make) => Batches(count, make, (_, embeddings) => _f.Ranks(embeddings));

    /// <summary>The embeddings of a coalition on one side. <c>[pos · d_model]</c></summary>
    public float[] Embeddings(Coalition coalition, int side)
    {
        float[] made = [.. _present[side]];
        int width = made.Length / _f.Sides[side].Length;
        for (int p = 0; p < _f.Sides[side].Length; p++)
        {
            if (_players.At(side, p) is >= 0 and int player && !coalition.Has(player))
            {
                _absent[side].AsSpan(p * width, width).CopyTo(made.AsSpan(p * width));
            }
        }
        return made;
    }

    /// <summary>The token ids of a coalition on one side, where the baseline is made of tokens. <c>[pos]</c></summary>
    public float[] Ids(Coalition coalition, int side) => [.. _f.Sides[side].Tokens.Select((token, p) =>
        (float)(_players.At(side, p) is >= 0 and int player && !coalition.Has(player) ? Baseline.Ids![side][p] : token.Id))];

    /// <summary>
    /// The result: one score per player and target, <c>[target][player]</c>, shared equally among a player's tokens
    /// (<c>--compat captum</c> gives each of them the whole score).
    /// </summary>
    public Report Report(IAttributionMethod method, double[][] scores, bool complete = false, bool random = false,
        Dictionary<string, object>? parameters = null, string[]? warnings = null)
    {
        bool whole = _request.Compat == Compat.Captum && !_request.SharesGroups;
        return new(method, _f, _request)
        {
            Raw = _players.Spread(_f, scores, whole),
            Scores = Value(Full),
            BaselineScores = complete ? Value(Empty) : null,
            Complete = complete && !(whole && _players.HasGroups),
            Baseline = Baseline,
            Random = random,
            Parameters = parameters ?? [],
            Warnings = warnings ?? [],
        };
    }

    /// <summary>The position of the first absentee, at least one before the end; those before it are as in the input.</summary>
    private int FirstAbsent(Coalition coalition)
    {
        int last = _f.Sides[0].Length - 1, p = 0;
        while (p < last && (PlayerAt(0, p) < 0 || coalition.Has(PlayerAt(0, p))))
        {
            p++;
        }
        return p;
    }

    /// <summary>Makes inputs and scores them, as many at a time as the byte budget allows.</summary>
    private double[][] Batches(int count, Func<int, float[][]> make, Func<int, Tensor[], Tensor> score)
    {
        _work.Plan(Math.Max(0, count - _expected));
        _expected = Math.Max(0, _expected - count);
        var scores = new List<double[]>(count);
        int size = Math.Min(Batching.Forward(_f, _request.ByteBudget), Math.Max(1, MaxBatchTokens / _f.Sides.Sum(side => side.Length)));
        for (int first = 0; first < count; first += size)
        {
            _work.Check();
            float[][][] rows = [.. Enumerable.Range(first, Math.Min(size, count - first)).Select(make)];
            scores.AddRange(Rows(score(first, [.. _f.Sides.Select((side, s) => Stack(side, rows, s))]).ToArray()));
            _work.Advance(rows.Length);
        }
        return [.. scores];
    }

    /// <summary>The rows of one side as a batch. <c>[batch, pos, d_model]</c></summary>
    private static Tensor Stack(InputSide side, float[][][] rows, int index)
    {
        int size = side.Embeddings.Shape.Elements;
        float[] all = new float[checked(rows.Length * size)];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i][index].CopyTo(all, i * size);
        }
        return Tensor.From(all, side.Embeddings.Shape.Prepend(rows.Length), side.Embeddings.Device);
    }

    private IEnumerable<double[]> Rows(float[] scores) =>
        scores.Chunk(Targets).Select(row => Array.ConvertAll(row, score => (double)score));
}
