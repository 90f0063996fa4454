using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>How far two methods say the same of one text: means over its targets, NaN where nothing can be said.</summary>
/// <remarks>
/// Krishna et al. 2022, The disagreement problem in explainable machine learning. Importance is the magnitude |score|, over the tokens that
/// the target can depend on, special tokens and those that both leave at 0 apart.
/// </remarks>
/// <param name="First">Name of a method.</param>
/// <param name="Second">Name of the other.</param>
/// <param name="Spearman">Rank correlation ρ of importance, −1 to 1.</param>
/// <param name="Kendall">Rank correlation τ-b of importance, −1 to 1.</param>
/// <param name="TopOverlap">Share of the k most important tokens that both have, 0 to 1.</param>
/// <param name="SameSign">Share of the tokens important to both that have the same sign, 0 to 1; NaN where a method has no signs.</param>
/// <param name="Top">k.</param>
public sealed record Agreement(string First, string Second, double Spearman, double Kendall, double TopOverlap, double SameSign, int Top)
{
    /// <summary>Compares two results over the same tokens and targets.</summary>
    /// <param name="a">A result.</param>
    /// <param name="b">Another.</param>
    /// <param name="top">How many tokens count as important.</param>
    /// <exception cref="VitrineException">They are about different tokens or targets.</exception>
    public static Agreement Between(AttributionResult a, AttributionResult b, int top = 5)
    {
        Comparable.Require("agreement", [a, b]);
        List<double[]> rows = [];
        bool areSigned = HasSigns(a) && HasSigns(b);
        for (int t = 0; t < a.Targets.Count; t++)
        {
            (double[] x, double[] y) = Both(a, b, t);
            if (x.Length == 0)
            {
                continue;
            }
            (double[] sizesOfX, double[] sizesOfY) = (Array.ConvertAll(x, Math.Abs), Array.ConvertAll(y, Math.Abs));
            int k = Math.Min(top, x.Length);
            int[] shared = [.. Strongest(sizesOfX, k).Intersect(Strongest(sizesOfY, k))];
            rows.Add([
                RankCorrelation.Spearman(sizesOfX, sizesOfY), RankCorrelation.KendallTau(sizesOfX, sizesOfY), (double)shared.Length / k,
                areSigned && shared.Length > 0
                ? shared.Count(i => Math.Sign(x[i]) == Math.Sign(y[i])) / (double)shared.Length : double.NaN]);
        }
        return new(a.Method, b.Method, Mean(rows, 0), Mean(rows, 1), Mean(rows, 2), Mean(rows, 3), top);
    }

    /// <summary>Every pair of several results that can be compared: those about the same tokens and targets.</summary>
    public static IReadOnlyList<Agreement> OfPairs(IReadOnlyList<AttributionResult> results, int top = 5) =>
        [.. results.SelectMany((a, i) => results.Skip(i + 1).Where(b => Comparable.Fault(a, b) is null).Select(b => Between(a, b, top)))];

    private static (double[] X, double[] Y) Both(AttributionResult a, AttributionResult b, int target)
    {
        List<double> x = [], y = [];
        for (int s = 0; s < a.Sides.Count; s++)
        {
            for (int p = 0; p < Math.Min(a.Sides[s].Tokens.Count, a.Targets[target].Reach[s]); p++)
            {
                (float v, float w) = (a.Sides[s].Scores[target][p], b.Sides[s].Scores[target][p]);
                if (!a.Sides[s].Tokens[p].IsSpecial && (v != 0 || w != 0))
                {
                    x.Add(v);
                    y.Add(w);
                }
            }
        }
        return ([.. x], [.. y]);
    }

    private static IEnumerable<int> Strongest(double[] sizes, int k) =>
        Enumerable.Range(0, sizes.Length).OrderByDescending(i => sizes[i]).Take(k);

    private static bool HasSigns(AttributionResult result) => result.Sides.Any(side => side.Scores.Any(row => row.Any(score => score < 0)));

    private static double Mean(List<double[]> rows, int column)
    {
        double[] known = [.. rows.Select(row => row[column]).Where(double.IsFinite)];
        return known.Length == 0 ? double.NaN : known.Average();
    }
}
