using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class MetricTests
{
    private static readonly ScoreFunction s_f = Planted.Of(Planted.Four);

    public static TheoryData<string> Names => [.. Metrics.All.Select(metric => metric.Name)];

    [Theory]
    // f = 2 − 1 + 4 + 1 = 6. One token goes or stays at 1, 5, 10 and 20 %, two at 50 %: k is 1 1 1 1 2.
    [InlineData("comprehensiveness", 4.4)]         // (4 · (6 − 2) + 6 − 0) / 5
    [InlineData("sufficiency", 1.6)]               // (4 · (6 − 4) + 6 − 6) / 5
    [InlineData("deletion", 1)]                    // 6 2 0 −1 0
    [InlineData("insertion", 5)]                   // 0 4 6 7 6
    [InlineData("tau_loo", 1)]
    [InlineData("infidelity", 0)]
    [InlineData("infidelity_unscaled", 0)]
    [InlineData("monotonicity", 1)]
    [InlineData("completeness_gap", 0)]
    public void Measure_TheTruth_AsComputedByHand(string metric, double expected) =>
        Assert.Equal(expected, Measure(metric, Planted.Truth(Planted.Four)), 1e-5);

    [Theory]
    // Scores of the other sign: −1 comes first, then 1, 2, 4.
    [InlineData("comprehensiveness", -0.8)]        // (4 · (6 − 7) + 6 − 6) / 5
    [InlineData("sufficiency", 6.8)]               // (4 · (6 + 1) + 6 − 0) / 5
    [InlineData("deletion", 5)]                    // 6 7 6 4 0
    [InlineData("insertion", 1)]                   // 0 −1 0 2 6
    [InlineData("tau_loo", -1)]
    [InlineData("monotonicity", 0)]                // only −1 has a score above 0
    [InlineData("completeness_gap", 2)]
    public void Measure_TheTruthUpsideDown_AsComputedByHand(string metric, double expected) =>
        Assert.Equal(expected, Measure(metric, [.. Planted.Truth(Planted.Four).Select(v => -v)]), 1e-5);

    [Fact]
    public void Infidelity_TwoSubsets_AsComputedByHand()
    {
        // said 1 2, lost 2 1: β = 4/5, errors (0.8 − 2)² and (1.6 − 1)²
        Assert.Equal((1.44 + 0.36) / 2, Infidelity.Scaled.Of([1, 2], [2, 1]), 1e-12);
        Assert.Equal(2.5, Infidelity.Scaled.Of([0, 0], [2, 1]), 1e-12);
        Assert.Equal(2.5, Infidelity.Scaled.Of([-2, -1], [2, 1]), 1e-12);
        Assert.Equal(0, Infidelity.Scaled.Of([20, 10], [2, 1]), 1e-12);
        Assert.Equal(1, Infidelity.Unscaled.Of([1, 2], [2, 1]), 1e-12); // (1 − 2)² and (2 − 1)²
    }

    [Fact]
    public void Soft_TheTruth_MeetsItsExpectation()
    {
        // a = (s + 1) / 5: 0.6 0 1 0.4. Comprehensiveness keeps with 1 − a: E f' = 0.8 − 1 + 0 + 0.6, E C = 5.6 of 6.
        Assert.Equal(5.6 / 6, Measure("soft_nc", Planted.Truth(Planted.Four), draws: 4000), 0.01);
        // Sufficiency keeps with a: f' = 4 + 2·B(0.6) + B(0.4), E max(0, 6 − f') = 2 · 0.24 + 1 · 0.16.
        Assert.Equal((6 - 0.64) / 6, Measure("soft_ns", Planted.Truth(Planted.Four), draws: 4000), 0.01);
    }

    [Fact]
    public void Plausibility_TwoMarkedTokens_AsComputedByHand()
    {
        // 4 and 1 are marked; by score they come first and third.
        AttributionResult result = Planted.Scored(s_f, Planted.Truth(Planted.Four));
        var trial = new Trial(s_f, AttributionRequest.Default, new() { Top = 2 }) { Rationale = [[false, false, true, true]] };

        double Of(IMetric metric) => metric.Measure(trial, result, new Saliency())[0];

        Assert.Equal((0.5 * 1) + (0.5 * 2 / 3), Of(Plausibility.AveragePrecision), 1e-12);
        Assert.Equal((0.5 * 1) + (0.5 * (0.5 + (2.0 / 3)) / 2), Of(Plausibility.Auprc), 1e-12); // precision 1, 1, ½, ⅔ at recall 0, ½, ½, 1
        Assert.Equal(0.5, Of(Plausibility.TokenF1), 1e-12);
        Assert.Equal(1.0 / 3, Of(Plausibility.TokenIou), 1e-12);
        Assert.True(double.IsNaN(Plausibility.Auprc.Measure(new Trial(s_f, AttributionRequest.Default), result, new Saliency())[0]));
    }

    [Fact]
    public void AveragePrecision_OfAPublishedExample_Matches()
    {
        // scikit-learn's documentation: y = 0 0 1 1, scores 0.1 0.4 0.35 0.8 → 0.83; and all equal → the share of marked, trapezoids (1 +
        // that) / 2.
        Assert.Equal(0.8333333333, Plausibility.Area([0.1, 0.4, 0.35, 0.8], [false, false, true, true], (_, here) => here), 1e-9);
        Assert.Equal(0.5, Plausibility.Area([1, 1, 1, 1], [false, false, true, true], (_, here) => here), 1e-12);
        Assert.Equal(0.75, Plausibility.Area([1, 1, 1, 1], [false, false, true, true], (before, here) => (before + here) / 2), 1e-12);
    }

    [Fact]
    public void Measure_RandomScores_ScoreAsChance()
    {
        // Taking k of 4 tokens at random loses 6·k/4 on average; τ is 0.
        double[][] values = [.. Enumerable.Range(0, 600).Select(seed =>
        {
            var random = new Random(seed);
            float[] scores = [.. Planted.Four.Select(_ => (float)random.NextDouble())];
            return new[] { "comprehensiveness", "sufficiency", "tau_loo", "deletion" }.Select(metric => Measure(metric, scores)).ToArray();
        })];

        double Mean(int column) => values.Average(row => row[column]);
        Assert.Equal(((4 * 1.5) + 3) / 5, Mean(0), 0.25);
        Assert.Equal(((4 * 4.5) + 3) / 5, Mean(1), 0.25);
        Assert.Equal(0, Mean(2), 0.06);
        Assert.Equal(3, Mean(3), 0.2);
    }

    [Fact]
    public void Measure_ConstantScores_RankNothing()
    {
        Assert.True(double.IsNaN(Measure("tau_loo", [1, 1, 1, 1])));
        // ties are broken at random
        double mean = Enumerable.Range(0, 300).Average(seed => Measure("comprehensiveness", [1, 1, 1, 1], seed: seed));
        Assert.Equal(1.8, mean, 0.3);
    }

    [Theory]
    [InlineData("integrated_gradients")]
    [InlineData("feature_ablation")]
    [InlineData("kernel_shap")]
    [InlineData("occlusion")]
    [InlineData("deeplift")]
    public void Attribute_APlantedTruth_RanksTheRightTokensFirst(string method)
    {
        int[] ids = [2, 3, 4, 5, 6, 7, 8, 9];
        ScoreFunction f = Planted.Of(ids);

        AttributionResult result = AttributionMethods.Get(method).Attribute(f, AttributionRequest.Default);

        Assert.Equal(Planted.Truth(ids), result.Sides[0].Scores[0], (a, b) => Math.Abs(a - b) < 2e-3);
        Assert.Equal([2, 4, 0], result.Top(3, 0).Select(token => token.Position));
    }

    [Fact]
    public void SensitivityMax_LinearModel_GradientsStandStillAndAblationMovesLittle()
    {
        var trial = new Trial(s_f, AttributionRequest.Default);
        AttributionResult result = new FeatureAblation().Attribute(s_f, AttributionRequest.Default);

        double moved = new SensitivityMax().Measure(trial, result, new FeatureAblation())[0];

        // Embeddings span 5, so each of four scores moves by at most 0.1; ‖s‖ = √22.
        Assert.InRange(moved, 0.001, 0.2 / Math.Sqrt(22));
        var saliency = new Saliency();
        Assert.Equal(0, new SensitivityMax().Measure(trial, saliency.Attribute(s_f, AttributionRequest.Default), saliency)[0], 1e-6);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Table_EveryMetric_SaysWhatItIs(string name)
    {
        IMetric metric = Metrics.Get(name);

        Assert.Matches("[12][0-9]{3}", metric.Citation);
        Assert.NotEmpty(metric.Formula);
        Assert.NotEmpty(metric.Range);
    }

    [Fact]
    public void Measure_ScoresOfWords_AreRefused()
    {
        AttributionResult other = Planted.Scored(Planted.Of(2, 3), 1, 2);

        VitrineException e = Assert.Throws<VitrineException>(
            () => new Comprehensiveness().Measure(new Trial(s_f, AttributionRequest.Default), other, new Saliency()));
        Assert.Contains("before merging", e.Message, StringComparison.Ordinal);
        Assert.Throws<VitrineException>(() => new Randomisation().Measure(new Trial(s_f, AttributionRequest.Default),
            Planted.Scored(s_f, 1, 2, 3, 4), new Saliency()));
    }

    private static double Measure(string metric, float[] scores, int draws = 10, int seed = 0) => Metrics.Get(metric)
        .Measure(new Trial(s_f, new() { Seed = seed }, new() { Draws = draws }), Planted.Scored(s_f, scores), new FeatureAblation())[0];
}
