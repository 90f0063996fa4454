using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>All tokens of a text explained by one teacher-forced pass, against one pass per token.</summary>
public class GenerationTests
{
    private static readonly int[] s_prompt = [19, 5, 12, 29, 30, 15], s_said = [17, 33, 5, 60, 2];

    public static TheoryData<string, string> Methods => new()
    {
        { "saliency", "probability" },
        { "saliency", "logit" },
        { "input_x_gradient", "log_probability" },
        { "input_x_gradient", "entropy" },
        { "integrated_gradients", "probability" },
        { "integrated_gradients", "margin" },
        { "deeplift", "probability" },
        { "attention", "probability" },
        { "attention_rollout", "probability" },
        { "attention_flow", "probability" },
        { "attention_x_gradient", "probability" },
        { "attention_relevance", "logit" },
        { "value_zeroing", "probability" },
        { "alti", "probability" },
        { "gim", "logit" },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void Continuation_OnePass_EqualsTokenByToken(string method, string step)
    {
        ILanguageModel model = Model("gpt2");
        IAttributionMethod explain = AttributionMethods.Get(method);
        AttributionRequest request = new() { Baseline = Baseline.Token(0), Steps = 8 };

        AttributionResult all = explain.Attribute(Targets.Continuation(model, ExplainedText.Of(s_prompt), s_said, step), request);

        for (int t = 0; t < s_said.Length; t++)
        {
            AttributionResult one = explain.Attribute(Targets.Continuation(model, ExplainedText.Of([.. s_prompt, .. s_said[..t]]),
                [s_said[t]], step), request);
            int seen = s_prompt.Length + t;
            TensorAssert.Close(all.Sides[0].Scores[t].AsSpan(0, seen), one.Sides[0].Scores[0], rtol: 1e-5, atol: 1e-5, what: $"token {t}");
            Assert.All(all.Sides[0].Scores[t][seen..], score => Assert.Equal(0, score));
            Assert.Equal(one.Targets[0].Probability!.Value, all.Targets[t].Probability!.Value, 1e-6);
            Assert.Equal(one.Targets[0].Score, all.Targets[t].Score, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Translation_OnePass_EqualsTokenByToken(string method, string step)
    {
        ILanguageModel model = Model("marian");
        IAttributionMethod explain = AttributionMethods.Get(method);
        AttributionRequest request = new() { Baseline = Baseline.Token(1), Steps = 8 };
        ExplainedText source = ExplainedText.Of([7, 21, 33, 48, 9, 0]);
        int start = model.Info.DecoderStartId!.Value;

        AttributionResult all = explain.Attribute(Targets.Translation(model, source, s_said, step), request);

        for (int t = 0; t < s_said.Length; t++)
        {
            ExplainedText prefix = ExplainedText.Of([start, .. s_said[..t]]);
            prefix = prefix with { Tokens = [prefix.Tokens[0] with { IsSpecial = true }, .. prefix.Tokens.Skip(1)] };
            ScoreFunction f = Targets.Translation(model, source, prefix, [new(t, s_said[t])], step);
            AttributionResult one = explain.Attribute(f, request);
            TensorAssert.Close(all.Sides[0].Scores[t], one.Sides[0].Scores[0], rtol: 1e-5, atol: 1e-5, what: $"source of token {t}");
            TensorAssert.Close(all.Sides[1].Scores[t].AsSpan(0, t + 1), one.Sides[1].Scores[0], rtol: 1e-5, atol: 1e-5,
                what: $"target of token {t}");
        }
    }

    [Fact]
    public void Continuation_LittleMemory_ChangesNothing()
    {
        ILanguageModel model = Model("gpt2");
        ScoreFunction f = Targets.Continuation(model, ExplainedText.Of(s_prompt), s_said);
        AttributionRequest request = new() { Baseline = Baseline.Zero, Steps = 7, KeepRaw = true };

        float[] roomy = new IntegratedGradients().Attribute(f, request).Sides[0].Raw!.ToArray();
        float[] tight = new IntegratedGradients().Attribute(f, request with { ByteBudget = 1 << 20 }).Sides[0].Raw!.ToArray();

        TensorAssert.Close(tight, roomy, rtol: 1e-5, atol: 1e-6);
    }

    private static ILanguageModel Model(string name)
    {
        GoldenFolder.Find(name, "model.safetensors");
        GoldenModel golden = GoldenModel.Named(name);
        Assert.SkipUnless(golden.Unsupported is null, golden.Unsupported ?? "");
        return (ILanguageModel)golden.Model;
    }
}
