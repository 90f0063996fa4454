using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Shapley's axioms and known games.</summary>
public class ShapleyTests
{
    private const int Players = 6;

    public static TheoryData<string> Methods => ["shapley_values", "shapley_value_sampling", "kernel_shap", "partition_shap"];

    public static TheoryData<string> ExactMethods => ["shapley_values", "kernel_shap"];

    [Theory]
    [MemberData(nameof(ExactMethods))]
    public void ExactMethod_RandomGame_IsTheMeanOverAllOrders(string name)
    {
        Func<int, double> worth = Games.Random(Players, 1);

        TensorAssert.Close(Scores(name, Games.Of(Players, worth)), Floats(Games.ByAllOrders(Players, worth)));
    }

    /// <summary>One left glove and two right ones: only a pair is worth something. Shapley 1953.</summary>
    [Theory]
    [MemberData(nameof(ExactMethods))]
    public void ExactMethod_GloveGame_GivesTheRareGloveTwoThirds(string name)
    {
        ToyScoreFunction f = Games.Of(3, set => (set & 1) != 0 && set > 1 ? 1 : 0);

        TensorAssert.Close(Scores(name, f), [2 / 3f, 1 / 6f, 1 / 6f]);
    }

    /// <summary>A runway costs what its longest plane needs; each stretch is paid by those who use it. Littlechild and Owen 1973.</summary>
    [Theory]
    [MemberData(nameof(ExactMethods))]
    public void ExactMethod_AirportGame_SharesEachStretchAmongItsUsers(string name)
    {
        double[] costs = [1, 2, 4, 7, 11];
        ToyScoreFunction f = Games.Of(5, set => costs.Where((_, i) => (set >> i & 1) != 0).DefaultIfEmpty(0).Max());

        TensorAssert.Close(Scores(name, f), [0.2f, 0.45f, 0.45f + (2 / 3f), 0.45f + (2 / 3f) + 1.5f, 0.45f + (2 / 3f) + 1.5f + 4]);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_RandomGames_IsEfficient(string name)
    {
        ToyScoreFunction f = Games.Of(Players, Games.Random(Players, 2), Games.Random(Players, 3), Games.Random(Players, 4));

        AttributionResult result = AttributionMethods.Get(name).Attribute(f, AttributionRequest.Default);

        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta ?? 1), 0, 1e-6));
        Assert.All(result.Targets.Zip(result.Sides[0].Scores),
            pair => Assert.Equal(pair.First.Score - (pair.First.BaselineScore ?? 0), pair.Second.Sum(), 1e-5));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_PlayerThatAddsTheSameToAll_GetsJustThat(string name)
    {
        Func<int, double> others = Games.Random(Players, 5);

        float[] scores = Scores(name, Games.Of(Players, set => others(set & ~0b1010) + ((set >> 3 & 1) * 0.75)));

        Assert.Equal(0, scores[1], 1e-5);
        Assert.Equal(0.75, scores[3], 1e-5);
    }

    [Theory]
    [MemberData(nameof(ExactMethods))]
    public void ExactMethod_InterchangeablePlayers_GetTheSame(string name)
    {
        Func<int, double> table = Games.Random(Players, 6);

        float[] scores = Scores(name, Games.Of(Players, set => table((set & ~0b110) | (((set >> 1 & 1) + (set >> 2 & 1)) << 1))));

        Assert.Equal(scores[1], scores[2], 1e-5);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_SumOfGames_IsTheSumOfTheirScores(string name)
    {
        Func<int, double> v = Games.Random(Players, 7), w = Games.Random(Players, 8);

        float[] first = Scores(name, Games.Of(Players, v)), second = Scores(name, Games.Of(Players, w));

        TensorAssert.Close(Scores(name, Games.Of(Players, set => (2 * v(set)) - w(set))), [.. first.Zip(second, (a, b) => (2 * a) - b)],
            atol: 1e-5);
    }

    [Fact]
    public void KernelShap_MorePlayersThanSamplesAllow_IsNearTheExactValues()
    {
        const int n = 12;
        double[] own = [.. Enumerable.Range(0, n).Select(i => (i % 5) - 1.5)];
        double Worth(int set) => Games.Additive(own)(set) + ((set & 0b11) == 0b11 ? 2 : 0) + ((set & 0b1110000) == 0b1110000 ? 1.5 : 0);
        ToyScoreFunction f = Games.Of(n, Worth);

        float[] sampled = new KernelShap().Attribute(f, new() { Samples = 700, Seed = 3 }).Sides[0].Scores[0];

        TensorAssert.Close(sampled, Scores("shapley_values", f), rtol: 0, atol: 0.05);
        Assert.Equal(Worth((1 << n) - 1) - Worth(0), sampled.Sum(), 1e-4);
    }

    [Fact]
    public void ShapleyValueSampling_ManyOrders_ComesNearTheExactValues()
    {
        ToyScoreFunction f = Games.Of(Players, Games.Random(Players, 9));

        float[] sampled = new ShapleyValueSampling().Attribute(f, new() { Samples = 5000 }).Sides[0].Scores[0];

        TensorAssert.Close(sampled, Scores("shapley_values", f), rtol: 0, atol: 0.06);
        Assert.True(f.Forwards > 0);
    }

    [Fact]
    public void ShapleyValues_TooManyFeatures_SaysWhatCanDoIt()
    {
        VitrineException e = Assert.Throws<VitrineException>(() => new ShapleyValues().Attribute(Games.Of(17, _ => 0),
            AttributionRequest.Default));

        Assert.Contains("got 17; expected at most 16. Use shapley_value_sampling", e.Message, StringComparison.Ordinal);
    }

    private static float[] Scores(string method, ScoreFunction f) =>
        AttributionMethods.Get(method).Attribute(f, AttributionRequest.Default).Sides[0].Scores[0];

    private static float[] Floats(double[] values) => Array.ConvertAll(values, value => (float)value);
}
