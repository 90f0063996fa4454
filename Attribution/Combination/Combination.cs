using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>A way to make one score of those that several methods give a token.</summary>
/// <param name="Name">The name it is asked for by.</param>
/// <param name="Formula">What it computes of the scaled scores s₁…sₙ of one token.</param>
/// <param name="Of">The one score of many.</param>
/// <param name="OfRanks">Whether it is given ranks by magnitude, 1 the strongest, instead of scores.</param>
public sealed record CombinationRule(string Name, string Formula, Func<ReadOnlySpan<float>, float> Of, bool OfRanks = false);

/// <summary>One explanation out of several.</summary>
/// <remarks>
/// Averaging in the manner of Rieger and Hansen 2020, A simple defense against adversarial attacks on heatmap explanations; rank fusion by
/// Cormack, Clarke and Büttcher 2009, Reciprocal rank fusion outperforms Condorcet and individual rank learning methods.
/// </remarks>
public static class Combination
{
    /// <summary>Every rule.</summary>
    public static IReadOnlyList<CombinationRule> Rules { get; } =
    [
        new("average", "Σ sᵢ / n", Aggregators.Mean.Of),
        new("max", "the sᵢ of the largest magnitude", Aggregators.Get("absmax").Of),
        new("product", "(∏|sᵢ|)^(1/n) with the sign of Σ sᵢ: strong only where all methods are", Product),
        new("rank_fusion", "Σ 1 / (60 + rankᵢ), ranks by magnitude over the text: no scale matters, signs are lost", ranks =>
        {
            double sum = 0;
            foreach (float rank in ranks)
            {
                sum += 1 / (60.0 + rank);
            }
            return (float)sum;
        }, OfRanks: true),
    ];

    /// <summary>The rule of a name.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public static CombinationRule Get(string name) => Names.Find(Rules, rule => rule.Name, name, "combination");

    /// <summary>One result of several over the same tokens and targets.</summary>
    /// <param name="results">What the methods found.</param>
    /// <param name="rule">How scores become one.</param>
    /// <param name="scaling">What makes the methods comparable first; ranks need nothing.</param>
    /// <exception cref="VitrineException">There are fewer than two, or they are about different tokens or targets.</exception>
    public static AttributionResult Combine(this IReadOnlyList<AttributionResult> results, CombinationRule rule,
        Scaling scaling = Scaling.L1)
    {
        if (results.Count < 2)
        {
            throw new VitrineException($"combine: nothing to combine; got {results.Count} result; expected at least two methods.");
        }
        Comparable.Require("combine", results);
        AttributionResult[] scaled = [.. results.Select(result => rule.OfRanks ? Ranked(result) : result.Scale(scaling))];
        AttributionResult first = results[0];
        return first with
        {
            Method = rule.Name,
            Targets = [.. first.Targets.Select(target => target with { BaselineScore = null, Delta = null })],
            Sides = [.. first.Sides.Select((side, s) => side with
            {
                Scores = [.. first.Targets.Select((target, t) => Enumerable.Range(0, side.Tokens.Count)
                    .Select(p => p < target.Reach[s] ? rule.Of([.. scaled.Select(result => result.Sides[s].Scores[t][p])]) : 0).ToArray())],
                Raw = null,
                RawAxes = [],
            })],
            Parameters = new Dictionary<string, string>
            {
                ["methods"] = string.Join(", ", results.Select(result => result.Method)),
                ["normalised"] = rule.OfRanks ? "ranks" : scaling.ToString().ToLowerInvariant(),
            },
            Alignment = null,
            AlignmentErrorRate = null,
            Baseline = null,
            Aggregator = null,
            SumsTo = null,
            Seed = results.Select(result => result.Seed).FirstOrDefault(seed => seed is not null),
            Warnings = [.. results.SelectMany(result => result.Warnings).Distinct(), .. Mixed(results, rule)],
        };
    }

    /// <summary>A warning where some methods have signs and others not: what those call strong counts as evidence for the target.</summary>
    private static string[] Mixed(IReadOnlyList<AttributionResult> results, CombinationRule rule)
    {
        string[] unsigned = [.. results.Where(result => !result.Sides.Any(side => side.Scores.Any(row => row.Any(score => score < 0))))
            .Select(result => result.Method)];
        return rule.OfRanks || unsigned.Length == 0 || unsigned.Length == results.Count ? []
            : [$"{string.Join(", ", unsigned)}: no score below 0, combined with methods that have signs; "
                + $"rank_fusion compares importance alone."];
    }

    private static float Product(ReadOnlySpan<float> scores)
    {
        (double product, double sum) = (1, 0);
        foreach (float score in scores)
        {
            product *= Math.Abs((double)score);
            sum += score;
        }
        return (float)(Math.Sign(sum) * Math.Pow(product, 1.0 / scores.Length));
    }

    /// <summary>
    /// The rank of every token among those that a target can depend on, over all sides; 1 is the largest magnitude, equal ones share the
    /// mean.
    /// </summary>
    private static AttributionResult Ranked(AttributionResult result)
    {
        float[][][] ranks = [.. result.Sides.Select(side => result.Targets.Select(_ => new float[side.Tokens.Count]).ToArray())];
        for (int t = 0; t < result.Targets.Count; t++)
        {
            (int Side, int Position)[] places = [.. result.Sides.SelectMany((side, s) =>
                Enumerable.Range(0, Math.Min(side.Tokens.Count, result.Targets[t].Reach[s])).Select(p => (s, p)))];
            double[] byFalling =
                RankCorrelation.Ranks([.. places.Select(place => -Math.Abs((double)result.Sides[place.Side].Scores[t][place.Position]))]);
            for (int i = 0; i < places.Length; i++)
            {
                ranks[places[i].Side][t][places[i].Position] = (float)byFalling[i];
            }
        }
        return result with { Sides = [.. result.Sides.Select((side, s) => side with { Scores = ranks[s] })] };
    }
}
