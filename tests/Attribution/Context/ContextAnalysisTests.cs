using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;
using static Vitrine.Tests.Attributions.PronounModel;

namespace Vitrine.Tests.Attributions;

/// <summary>Context reliance of a model in which it was planted.</summary>
public sealed class ContextAnalysisTests
{
    private static readonly int[] s_context = [Filler, HisCue, Filler, Filler], s_current = [Filler, Filler], s_written =
        [Then, He, Left, Filler, Filler];

    public static TheoryData<string> Metrics => ["kl_divergence", "pcxmi", "in_context_pvi", "contrast_prob_diff", "contrast_logits_diff"];

    [Theory]
    [MemberData(nameof(Metrics))]
    public void Reliance_PlantedPronoun_IsTheOnlySensitiveToken(string metric)
    {
        ContextReliance found = ContextAnalysis.Explain(Text(), new() { Metric = metric });

        Assert.Equal([1], Enumerable.Range(0, 5).Where(n => found.Written[n].IsSensitive));
        Assert.All(found.Written.Where((_, n) => n != 1), token => Assert.Equal(0, token.Score, 1e-6));
        Assert.True(found.Written[1].Probability > 0.8 && found.Written[1].ProbabilityWithout < 0.5);
        double[] scores = [.. found.Written.Select(token => token.Score)];
        double mean = scores.Average(), deviation = Math.Sqrt(scores.Sum(x => (x - mean) * (x - mean)) / 4);
        Assert.Equal(mean + deviation, found.Threshold, 1e-6);
    }

    [Theory]
    [InlineData("input_x_gradient", 6)] // logit(he) − logit(she) moves by twice the cue's 3
    [InlineData("feature_ablation", 6)]
    [InlineData("integrated_gradients", 3)] // the cue shares it with “then”, without which it does nothing
    [InlineData("shapley_values", 3)]
    public void Cues_OfThePronoun_AreThePlantedWord(string method, double score)
    {
        ContextReliance found = ContextAnalysis.Explain(
            Text(), new() { Method = AttributionMethods.Get(method), Step = "contrast_logits_diff" },
                new() { Baseline = Baseline.Token(Filler) });

        ContextCues cues = Assert.Single(found.Cues);
        Assert.Equal(She, cues.AlternativeId);
        ContextCue cue = Assert.Single(cues.Cues);
        Assert.Equal(1, cue.Position);
        Assert.Equal(score, cue.Score, 1e-3);
        Assert.Equal(4, found.Attribution!.Sides[0].Tokens.Count);
        Assert.Equal("#4 (not #5)", found.Attribution.Targets[0].Label);
    }

    [Fact]
    public void Cues_WhereTheTokenStaysTheSame_ComparesItsProbability()
    {
        ContextReliance found = ContextAnalysis.Explain(
            Text([Filler, HerCue, Filler], [Then, She, Left, Filler]), new() { Method = new InputXGradient() });

        ContextCues cues = Assert.Single(found.Cues);
        Assert.Equal(She, cues.AlternativeId);
        Assert.Equal(1, Assert.Single(cues.Cues).Position);
        Assert.True(cues.Cues[0].Score > 0);
        Assert.Equal("#5", found.Attribution!.Targets[0].Label);
    }

    [Fact]
    public void Reliance_ContextWithoutACue_IsNone()
    {
        ContextReliance found = ContextAnalysis.Explain(Text([Filler, Filler, Filler], [Then, She, Left]));

        Assert.Empty(found.Cues);
        Assert.Null(found.Attribution);
    }

    [Fact]
    public void Reliance_CompatInseq_ComparesTheOtherWayRound()
    {
        double ours = ContextAnalysis.Explain(Text()).Written[1].Score, theirs =
            ContextAnalysis.Explain(Text(), request: new() { Compat = Compat.Inseq }).Written[1].Score;
        (double[] p, double[] q) = (Softmax([0, 0, 0, 0, 2 + 3, 3 - 3, 0]), Softmax([0, 0, 0, 0, 2, 3, 0]));

        Assert.Equal(p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum(), ours, 1e-4);
        Assert.Equal(q.Zip(p, (a, b) => a * Math.Log(a / b)).Sum(), theirs, 1e-4);
    }

    [Fact]
    public void Json_HasEverything()
    {
        using JsonDocument document = JsonDocument.Parse(ContextAnalysis.Explain(Text(), new() { Method = new InputXGradient() }).ToJson());
        JsonElement result = document.RootElement.GetProperty("result");

        Assert.Equal("vitrine.context", document.RootElement.GetProperty("format").GetString());
        Assert.True(result.GetProperty("written")[1].GetProperty("is_sensitive").GetBoolean());
        Assert.Equal(1, result.GetProperty("cues")[0].GetProperty("cues")[0].GetProperty("position").GetInt32());
        Assert.Equal("input_x_gradient", result.GetProperty("attribution").GetProperty("method").GetString());
    }

    [Fact]
    public void Translation_WithSaidContext_LooksAtBothSides()
    {
        using var folder = new TempFolder();
        var model = (ILanguageModel)TinyModels.Load(folder.Path, "marian");
        bool[] isContext = [true, true, false, false];

        ContextReliance found = ContextAnalysis.Explain(ContextualText.Translation(
            model, ExplainedText.Of([5, 6, 7, 0]), isContext, ExplainedText.Of([7, 0]), WrittenText.Of([9, 11], Spelling.OfWritten(model)),
                WrittenText.Of([21, 22, 23], Spelling.OfWritten(model))), new() { Deviations = -10 });

        Assert.Equal(3, found.Cues.Count);
        Assert.Equal([2, 2], found.Attribution!.Sides.Select(side => side.Tokens.Count));
    }

    private static ContextualText Text(int[]? context = null, int[]? written = null)
    {
        context ??= s_context;
        return ContextualText.Continuation(
            new PronounModel(), ExplainedText.Of([.. context, .. s_current]),
                [.. context.Select(_ => true), .. s_current.Select(_ => false)], ExplainedText.Of(s_current),
                    WrittenText.Of(written ?? s_written, null));
    }

    private static double[] Softmax(double[] logits)
    {
        double sum = logits.Sum(Math.Exp);
        return Array.ConvertAll(logits, x => Math.Exp(x) / sum);
    }
}
