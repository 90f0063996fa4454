using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Metrics on models: every task, generation and translation among them, and the model that ships.</summary>
public class MetricModelTests
{
    public static TheoryData<string> ModelNames => [.. Models.Names];

    [Theory]
    [MemberData(nameof(ModelNames))]
    public void Measure_EveryMetricOnEveryTask_IsANumberPerTargetInItsRange(string model)
    {
        ScoreFunction f = Models.Function(model, "probability");
        var method = new InputXGradient();
        var trial = new Trial(f, AttributionRequest.Default, new() { Subsets = 8, Draws = 2, Points = 4 })
        {
            Rationale = [.. f.Sides.Select(side => side.Tokens.Select((_, p) => p % 2 == 0).ToArray())],
            GoldAlignment = "0-0 1-1",
        };
        AttributionResult result = method.Attribute(f, AttributionRequest.Default);

        foreach (IMetric metric in Metrics.All)
        {
            double[] values = metric.Measure(trial, result, method);

            Assert.Equal(f.Targets.Count, values.Length);
            Assert.All(values, value => Assert.False(double.IsInfinity(value), metric.Name));
            Assert.All(values.Where(double.IsFinite),
                value => Assert.True(value >= (metric.Name is "tau_loo" or "comprehensiveness" or "sufficiency"
                    ? -1 : metric.Name is "soft_ns" ? -10 : 0), $"{metric.Name} {value}"));
            // soft: NaN where zeros are worth more than the input
            Assert.True(values.Any(double.IsFinite) || metric is SoftMetric
                || (metric is AlignmentErrorRate && model != "marian"), metric.Name);
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("marian")]
    public void Comprehensiveness_OfAWrittenToken_IsWhatReplacingItsStrongestTokenLoses(string model)
    {
        ScoreFunction f = Models.Function(model, "probability");
        var method = new FeatureAblation();
        AttributionResult result = method.Attribute(f, AttributionRequest.Default);
        ResolvedBaseline baseline = ResolvedBaseline.Of(f, AttributionRequest.Default);
        double[] measured = new Comprehensiveness().Measure(new Trial(f, AttributionRequest.Default, new() { Fractions = [0.01] }), result,
            method);

        for (int t = 0; t < f.Targets.Count; t++)
        {
            var best = f.Sides.SelectMany((side, s) => Enumerable.Range(0, f.Targets[t].Reach[s])
                .Select(p => (Side: s, Position: p, Score: result.Sides[s].Scores[t][p]))).MaxBy(x => x.Score);
            Tensor[] without = [.. f.Sides.Select((side, s) => Replaced(side.Embeddings, baseline.Embeddings[s], s == best.Side
                ? best.Position : -1))];

            Assert.Equal(f.Score(Sweep.Input(f)).ToArray()[t] - f.Score(without).ToArray()[t], measured[t], 1e-5);
        }
    }

    [Fact]
    public void Measure_UnderATightBudget_SaysTheSame()
    {
        ScoreFunction f = Models.Function("gpt2", "probability");
        var method = new InputXGradient();
        AttributionResult result = method.Attribute(f, AttributionRequest.Default);

        double[] Of(long bytes) => [.. Metrics.All.Take(12).SelectMany(metric => metric.Measure(
            new Trial(f, new() { ByteBudget = bytes }, new() { Subsets = 8, Draws = 2 }), result, method)).Where(double.IsFinite)];

        Assert.Equal(Of(512 << 20), Of(1 << 20), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Randomisation_AMethodThatIgnoresTheModel_StaysTheSameAndTheModelToo()
    {
        ScoreFunction f = Models.Function("gpt2", "probability");
        float[] before = f.Score(Sweep.Input(f)).ToArray();
        var trial = new Trial(f, AttributionRequest.Default);
        IAttributionMethod blind = AttributionMethods.Get("random");
        var seeing = new Saliency();

        IReadOnlyList<RandomisedLayer> cascade = Randomisation.Cascade(trial, blind.Attribute(f, AttributionRequest.Default), blind);
        double[] seen = new Randomisation().Measure(trial, seeing.Attribute(f, AttributionRequest.Default), seeing);

        Assert.Equal("head", cascade[0].Layer);
        Assert.Equal(["blocks.1", "blocks.0"], cascade.Skip(1).Select(layer => layer.Layer));
        Assert.All(cascade, layer => Assert.All(layer.Correlation, c => Assert.Equal(1, c, 1e-9)));
        Assert.True(seen.Average() < 0.95, $"saliency {seen.Average()}");
        Assert.Equal(before, f.Score(Sweep.Input(f)).ToArray());
    }

    [Fact]
    public void Measure_TheShippedModel_RealMethodsBeatRandomOnes()
    {
        ITransformer model = ModelLoader.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment"));
        string[] texts = ["a gorgeous, witty, seductive movie", "a dull, lifeless and boring mess",
            "the plot is stupid and the jokes are not funny", "a warm, funny and engaging film about a family"];
        Dictionary<string, double> Means(string method)
        {
            IAttributionMethod explain = AttributionMethods.Get(method);
            double[][] rows = [.. texts.Select(text =>
            {
                ScoreFunction f = Targets.Labels(model, ExplainedText.Of(model.Tokenizer!.Encode(text)), step: "probability");
                AttributionResult result = explain.Attribute(f, AttributionRequest.Default);
                var trial = new Trial(f, AttributionRequest.Default);
                return Metrics.All.Take(5).Select(metric => metric.Measure(trial, result, explain)[0]).ToArray();
            })];
            return Metrics.All.Take(5).Select((metric, i) => (metric.Name, rows.Average(row => row[i])))
                .ToDictionary(x => x.Name, x => x.Item2);
        }

        (Dictionary<string, double> ig, Dictionary<string, double> random) = (Means("integrated_gradients"), Means("random"));

        Assert.All(Metrics.All.Take(5), metric => Assert.True(
            metric.HigherIsBetter ? ig[metric.Name] > random[metric.Name] + 0.05 : ig[metric.Name] < random[metric.Name] - 0.05,
            $"{metric.Name}: {ig[metric.Name]} against {random[metric.Name]}"));
    }

    private static Tensor Replaced(Tensor present, Tensor absent, int position)
    {
        float[] values = present.ToArray();
        int width = present.Shape[1];
        if (position >= 0)
        {
            absent.ToArray().AsSpan(position * width, width).CopyTo(values.AsSpan(position * width));
        }
        return Tensor.From(values, [1, .. present.Shape.Axes]);
    }
}
