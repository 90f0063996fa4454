using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>
/// Every method on every kind of block that decoders have: it gives finite scores that keep what it promises, or says what it cannot do.
/// <see cref="MethodLawTests"/> has more laws, on fewer models.
/// </summary>
public class DecoderMethodTests
{
    /// <summary>
    /// Parallel blocks with two norms and with one, neighbouring pairs rotated; four norms, 1 + w and caps; norms of queries and keys,
    /// windows; ALiBi; a stream that is normalised after adding, with narrower embeddings.
    /// </summary>
    private static readonly string[] s_models = ["gpt_neox", "gptj", "gemma2", "gemma3_text", "bloom", "opt_350m_style"];

    public static TheoryData<string, string> OnDecoders()
    {
        var rows = new TheoryData<string, string>();
        foreach (IAttributionMethod method in AttributionMethods.All)
        {
            foreach (string model in s_models)
            {
                rows.Add(method.Name, model);
            }
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(OnDecoders))]
    public void Method_OnDecoder_KeepsItsPromiseOrSaysWhyNot(string method, string model)
    {
        AttributionRequest request = new()
        {
            Baseline = Baseline.Token(3),
            CompletenessGap = 1e-3,
            Steps = method != "layer_conductance" ? 50 : model == "opt_350m_style" ? 2000 : 200,
            MaxSteps = 4096,
            Samples = 20,
            Aggregator = "sum",
        };

        AttributionResult? result = MethodLawTests.Explained(method, Models.Function(model, method == "reagent" ? "probability" : "logit"),
            request);

        // relu bends at once: there the error of quadrature does not shrink with the difference.
        double least = model == "opt_350m_style" ? 0.5 : 0.05;
        // of the one method the points are words: no finer grid makes its sum better
        double share = method == "discretized_integrated_gradients" ? 0.04 : 0.005;
        foreach ((ExplainedTarget target, int t) in (result?.Targets ?? []).Select((target, t) => (target, t)))
        {
            double sum = result!.Sides.Sum(side => side.Scores[t].Sum(score => (double)score));
            Assert.True(double.IsFinite(sum));
            if (target.Delta is { } delta && !result.SumsTo!.Contains("in expectation", StringComparison.Ordinal))
            {
                double difference = target.Score - target.BaselineScore!.Value;
                Assert.InRange(Math.Abs(delta), 0, share * Math.Max(Math.Abs(difference), least));
                Assert.Equal(difference + delta, sum, 1e-4 * Math.Max(1, Math.Abs(difference)));
            }
        }
    }

    [Theory]
    [InlineData("decompx", "llama")]
    [InlineData("globenc", "gpt_neox")]
    [InlineData("alti_logit", "gemma2")]
    [InlineData("alti_logit", "opt_350m_style")]
    public void Method_WithoutRulesForTheModel_SaysWhichToTake(string method, string model)
    {
        VitrineException e = Assert.Throws<VitrineException>(() => AttributionMethods.Get(method).Attribute(Models.Function(model), new()));

        Assert.Contains("; expected ", e.Message, StringComparison.Ordinal);
        Assert.Contains("Use alti", e.Message, StringComparison.Ordinal);
    }
}
