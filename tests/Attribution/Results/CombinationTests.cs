using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class CombinationTests
{
    private static readonly AttributionResult s_one = Results.Of("one", "[CLS] a b c d", 0, 4, -2, 1, 1),
        s_two = Results.Of("two", "[CLS] a b c d", 0, 10, 10, -20, 0);

    [Theory]
    // |one| sums to 8, |two| to 40: one = .5 −.25 .125 .125, two = .25 .25 −.5 0
    [InlineData("average", new[] { 0, 0.375, 0, -0.1875, 0.0625 })]
    [InlineData("max", new[] { 0, 0.5, -0.25, -0.5, 0.125 })]
    [InlineData("product", new[] { 0, 0.35355339, 0, -0.25, 0 })]
    public void Combine_AfterL1_AsComputedByHand(string rule, double[] expected)
    {
        AttributionResult combined = new[] { s_one, s_two }.Combine(Combination.Get(rule));

        Assert.Equal(expected, combined.Sides[0].Scores[0].Select(s => Math.Round((double)s, 8)), Near);
        Assert.Equal("one, two", combined.Parameters["methods"]);
        Assert.Null(combined.Targets[0].Delta);
    }

    [Fact]
    public void Combine_RankFusion_AddsReciprocalRanksWithTiesShared()
    {
        AttributionResult combined = new[] { s_one, s_two }.Combine(Combination.Get("rank_fusion"));

        // one: a 1, b 2, c and d 3.5, [CLS] 5; two: c 1, a and b 2.5, [CLS] and d 4.5
        double[] expected = [(1 / 65.0) + (1 / 64.5), (1 / 61.0) + (1 / 62.5), (1 / 62.0) + (1 / 62.5), (1 / 63.5) + (1 / 61.0),
            (1 / 63.5) + (1 / 64.5)];
        Assert.Equal(expected, combined.Sides[0].Scores[0].Select(s => (double)s), Near);
    }

    [Fact]
    public void Combine_RankFusion_IgnoresScale() => Assert.Equal(
        new[] { s_one, s_two }.Combine(Combination.Get("rank_fusion")).Sides[0].Scores[0],
        new[] { s_one.Rescale(), s_two.Normalise() }.Combine(Combination.Get("rank_fusion")).Sides[0].Scores[0]);

    [Fact]
    public void Combine_OneMethodTwice_IsThatMethodNormalised()
    {
        foreach (CombinationRule rule in Combination.Rules.Where(rule => !rule.OfRanks))
        {
            Assert.Equal(s_one.Normalise().Sides[0].Scores[0].Select(s => (double)s),
                new[] { s_one, s_one }.Combine(rule).Sides[0].Scores[0].Select(s => (double)s), Near);
        }
    }

    [Fact]
    public void Combine_OtherTokensOrOneResult_Refuses()
    {
        Assert.Throws<VitrineException>(() => new[] { s_one }.Combine(Combination.Rules[0]));
        VitrineException e = Assert.Throws<VitrineException>(() => new[] { s_one,
            Results.Of("x", "[CLS] a b", 0, 1, 2) }.Combine(Combination.Rules[0]));
        Assert.Contains("other tokens", e.Message, StringComparison.Ordinal);
        Assert.Contains("average", Assert.Throws<VitrineException>(() => Combination.Get("averge")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Combine_AMethodWithoutSignsAmongOthers_SaysSo()
    {
        AttributionResult blind = Results.Of("blind", "[CLS] a b c d", 0, 1, 2, 3, 4);

        Assert.StartsWith("blind:", Assert.Single(new[] { s_one, blind }.Combine(Combination.Get("average")).Warnings),
            StringComparison.Ordinal);
        Assert.Empty(new[] { s_one, blind }.Combine(Combination.Get("rank_fusion")).Warnings);
        Assert.Empty(new[] { s_one, s_two }.Combine(Combination.Get("average")).Warnings);
    }

    [Fact]
    public void Top_ByMagnitude_LeavesSpecialTokensOut()
    {
        Assert.Equal([("a", 1, 4f), ("b", 2, -2f), ("c", 3, 1f)], s_one.Top(3, 0).Select(t => (t.Piece, t.Rank, t.Score)));
        Assert.Equal(4, s_one.Top(10).Count);
    }

    [Fact]
    public void Agreement_TwoMethods_AsComputedByHand()
    {
        // importance a b c d: one 4 2 1 1, two 10 10 20 0; ranks 4 3 1.5 1.5 and 2.5 2.5 4 1
        Agreement agreement = Agreement.Between(s_one, s_two, 2);

        Assert.Equal(0, agreement.Spearman, 1e-12);     // products of the deviations: 0, 0, −1.5, 1.5
        Assert.Equal(0, agreement.Kendall, 1e-12);       // concordant ad, bd; discordant ac, bc
        Assert.Equal(0.5, agreement.TopOverlap);         // a b against c a
        Assert.Equal(1, agreement.SameSign);
        Agreement same = Agreement.Between(s_one, s_one with { Method = "again" });
        Assert.Equal((1, 1, 1, 1), (Math.Round(same.Spearman, 12), Math.Round(same.Kendall, 12), same.TopOverlap, same.SameSign));
    }

    [Fact]
    public void RankCorrelation_PublishedExamples_Match()
    {
        Assert.Equal([1, 2.5, 4, 2.5], RankCorrelation.Ranks([0, 2, 3, 2]));
        // The examples in SciPy's documentation of spearmanr and kendalltau.
        Assert.Equal(0.8207826816681233, RankCorrelation.Spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]), 1e-12);
        Assert.Equal(-0.47140452079103173, RankCorrelation.KendallTau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]), 1e-12);
        Assert.Equal(-1, RankCorrelation.Spearman([1, 2, 3], [9, 5, 1]), 1e-12);
        Assert.True(double.IsNaN(RankCorrelation.Spearman([1, 1, 1], [1, 2, 3])));
        Assert.True(double.IsNaN(RankCorrelation.KendallTau([1], [2])));
    }

    [Fact]
    public void Json_OfACombination_ReadsBackItsParts()
    {
        AttributionResult combined = new[] { s_one, s_two }.Combine(Combination.Rules[0]);
        string json = CombinationJson.ToJson(combined, [s_one, s_two], Agreement.OfPairs([s_one, s_two]), combined.Top(2));

        Assert.Equal([s_one.ToJson(), s_two.ToJson()], CombinationJson.ReadAll(json).Select(r => r.ToJson()));
        Assert.Equal(2, CombinationJson.ReadAll($"[{s_one.ToJson()},{s_two.ToJson()}]").Count);
        Assert.Equal(2, CombinationJson.ReadAll($"{s_one.ToJson(indented: false)}\n{s_two.ToJson(indented: false)}\n").Count);
        Assert.Throws<VitrineException>(() => CombinationJson.ReadAll("no"));
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-6;
}
