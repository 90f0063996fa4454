using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Which tokens are taken away together: the players of a <see cref="Game"/>.</summary>
internal sealed class Players
{
    private readonly int[][] _at;

    private Players(int[][] at) => (_at, Count) = (at, at.Max(side => side.DefaultIfEmpty(-1).Max()) + 1);

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Whether one of them has several tokens.</summary>
    public bool HasGroups => _at.Sum(side => side.Count(player => player >= 0)) > Count;

    /// <summary>
    /// The groups of the request; else every token on its own, but for padding, which no position sees, and for a token that is its own
    /// baseline (a special token that is kept), which cannot matter. <c>--compat captum</c> leaves what a causal model generated alone.
    /// </summary>
    /// <exception cref="VitrineException">The groups do not fit the tokens, or no player is left.</exception>
    public static Players Of(string asker, ScoreFunction f, AttributionRequest request, ResolvedBaseline baseline)
    {
        int[][] groups = request.FeatureGroups is { } given ? Checked(f, given) : Tokens(f, baseline, request.Compat == Compat.Captum);
        groups = request.Skip is not { } skip
            ? groups : [.. groups.Select((side, s) => side.Select((group, p) => skip.Has(f.Sides[s], p) ? -1 : group).ToArray())];
        int[] numbers = [.. groups.SelectMany(side => side).Where(group => group >= 0).Distinct().Order()];
        if (numbers.Length == 0)
        {
            throw new VitrineException($"{asker}: nothing to perturb; got no token that differs from the baseline '{baseline.Name}'; "
                + $"expected at least one. Choose another baseline or other feature groups.");
        }
        return new([.. groups.Select(side => Array.ConvertAll(side, group => group < 0 ? -1 : Array.BinarySearch(numbers, group)))]);
    }

    /// <summary>The player of a token; −1 where it stays as it is.</summary>
    public int At(int side, int position) => _at[side][position];

    /// <summary>The players of a side in the order of their first tokens.</summary>
    public int[] InOrder(int side) => [.. _at[side].Where(player => player >= 0).Distinct()];

    /// <summary>Whether a target can depend on a player: it reaches one of its tokens.</summary>
    public bool Reaches(ScoreTarget target, int player) =>
        _at.Where((side, i) => side.AsSpan(0, Math.Min(side.Length, target.Reach[i])).Contains(player)).Any();

    /// <summary>From <c>[target][player]</c> to one array per side, <c>[target, pos]</c>.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="scores">One per target and player; those of players beyond a target's reach count as 0.</param>
    /// <param name="whole">Whether every token of a group gets the group's score, or an equal share of it.</param>
    public double[][] Spread(ScoreFunction f, double[][] scores, bool whole)
    {
        int[] sizes = new int[Count];
        foreach (int player in _at.SelectMany(side => side).Where(player => player >= 0))
        {
            sizes[player]++;
        }
        double[][] raw = [.. _at.Select(side => new double[f.Targets.Count * side.Length])];
        for (int t = 0; t < f.Targets.Count; t++)
        {
            for (int player = 0; player < Count; player++)
            {
                if (!Reaches(f.Targets[t], player))
                {
                    continue;
                }
                double score = scores[t][player] / (whole ? 1 : sizes[player]);
                for (int side = 0; side < _at.Length; side++)
                {
                    for (int p = 0; p < _at[side].Length; p++)
                    {
                        raw[side][(t * _at[side].Length) + p] = _at[side][p] == player ? score : raw[side][(t * _at[side].Length) + p];
                    }
                }
            }
        }
        return raw;
    }

    private static int[][] Tokens(ScoreFunction f, ResolvedBaseline baseline, bool givenOnly)
    {
        int next = 0;
        return [.. f.Sides.Select((side, s) => side.Tokens.Select((token, p) =>
        {
            bool generated = givenOnly && side.Name == "source" && p >= side.GivenLength;
            return generated || side.IsPadding(p) || baseline.Ids?[s][p] == token.Id ? -1 : next++;
        }).ToArray())];
    }

    private static int[][] Checked(ScoreFunction f, IReadOnlyList<int[]> given)
    {
        int[] lengths = [.. f.Sides.Select(side => side.Length)], got = [.. given.Select(side => side.Length)];
        return got.SequenceEqual(lengths) ? [.. given] : throw new VitrineException(
            $"feature groups: they do not fit the tokens; got {string.Join(" and ", got)} numbers; "
            + $"expected {string.Join(" and ", lengths)}, one per token of each side.");
    }
}
