using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests;

public sealed class TaskTargetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Options_Scores_AreTheModelsOwnChoice()
    {
        ITransformer model = TinyModels.Load(_folder.Path, "bert", "BertForMultipleChoice");
        int[][] options = [[1, 5, 6, 2], [1, 5, 9, 2]];
        float[] expected = model.Forward(new ModelInput { Ids = Tensor.From([.. options.SelectMany(o => o)], [1, 2, 4]) }).ToArray();
        ExplainedText[] texts = [.. options.Select(o => ExplainedText.Of(o))];

        AttributionResult both = Explain(Targets.Options(model, texts, [0, 1], "logit"));
        AttributionResult margin = Explain(Targets.Options(model, texts));

        TensorAssert.Close([.. both.Targets.Select(t => (float)t.Score)], expected, 1e-5f, 1e-5f);
        Assert.Equal(Math.Abs(expected[0] - expected[1]), margin.Targets[0].Score, 5);
        Assert.All(both.Sides[1].Scores[0], score => Assert.Equal(0, score)); // an option's own logit depends on that option alone
        Assert.Equal(2, both.Sides.Count);
        Assert.InRange(Math.Abs(both.Targets[0].Delta!.Value), 0, 1e-3);
    }

    public static TheoryData<string> Methods => [.. AttributionMethods.All.Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Options_EveryMethod_ExplainsOrSaysWhyNot(string method)
    {
        ITransformer model = TinyModels.Load(_folder.Path, "bert", "BertForMultipleChoice");
        ScoreFunction f = Targets.Options(model, [ExplainedText.Of([1, 5, 2, 7]), ExplainedText.Of([1, 6, 2])], [0, 1]);
        string? reason = method switch
        {
            "guided_backprop" or "deconvolution" => "ReLU",
            "discretized_integrated_gradients" => "no vocabulary",
            "reagent" => "probability",
            "decompx" or "progressive_inference" or "alti_logit" => "expected",
            "neuron_gradient" or "neuron_integrated_gradients" => "no option of a choice",
            _ => null,
        };
        AttributionResult Run() => new OptionByOption(AttributionMethods.Get(method)).Attribute(f,
            new() { Steps = 3, Samples = 4, Hooks = ["blocks.0.hook_resid_pre"], Neurons = [[1, 3]] });
        if (reason is not null)
        {
            Assert.Contains(reason, Assert.ThrowsAny<VitrineException>(Run).Message, StringComparison.OrdinalIgnoreCase);
            return;
        }

        AttributionResult result = Run();

        Assert.Equal((2, 2), (result.Targets.Count, result.Sides.Count));
        Assert.Equal([4, 3], result.Sides.Select(side => side.Tokens.Count));
        Assert.All(result.Sides, side => Assert.All(side.Scores, row => Assert.Equal(side.Tokens.Count, row.Length)));
        if (result.Warnings.Any(warning => warning.Contains("looks inside", StringComparison.Ordinal)))
        {
            Assert.Equal("logit", result.StepName);
            Assert.All(result.Sides[0].Scores[1].Concat(result.Sides[1].Scores[0]), score => Assert.Equal(0, score));
        }
    }

    [Fact]
    public void Options_Attention_IsThatOfTheOptionsOwnPass()
    {
        ITransformer model = TinyModels.Load(_folder.Path, "bert", "BertForMultipleChoice");
        int[][] options = [[1, 5, 2, 7], [1, 6, 2]];
        ScoreFunction f = Targets.Options(model, [.. options.Select(ids => ExplainedText.Of(ids))], [1]);
        using ActivationCache cache = model.Cache("*.hook_pattern");
        float logit = model.Forward(new ModelInput { Ids = Tensor.From(options[1], [1, 1, 3]) }).ToArray()[0];
        // [CLS] looks, mean over heads
        float[][] rows = [.. cache.Names.Select(name => cache[name].Select(0, 0).Mean([0]).Select(0, 0).ToArray())];

        AttributionResult result = new OptionByOption(AttributionMethods.Get("attention")).Attribute(f, AttributionRequest.Default);

        TensorAssert.Close(result.Sides[1].Scores[0], [.. Enumerable.Range(0, 3).Select(p => rows.Average(row => row[p]))], 1e-5f, 1e-6f);
        Assert.Equal(logit, result.Targets[0].Score, 5);
        Assert.Throws<VitrineException>(() => AttributionMethods.Get("attention").Attribute(f, AttributionRequest.Default));
    }

    [Fact]
    public void AnswerSpan_BothEnds_AreTheSumOfTheTwo()
    {
        ITransformer model = TinyModels.Load(_folder.Path, "bert", "BertForQuestionAnswering");
        ExplainedText text = ExplainedText.Of([1, 5, 2, 7, 8, 9, 2]);

        AttributionResult result = Explain(Targets.AnswerSpan(model, text, 3, 4));
        AttributionResult product = Explain(Targets.AnswerSpan(model, text, 3, 4, "probability"));

        Assert.Equal(["start 3", "end 4", "answer 3–4"], result.Targets.Select(t => t.Label));
        Assert.Equal(result.Targets[0].Score + result.Targets[1].Score, result.Targets[2].Score, 5);
        Assert.Equal(product.Targets[0].Score * product.Targets[1].Score, product.Targets[2].Score, 6);
        Assert.All(Enumerable.Range(0, 7), p => Assert.Equal(result.Sides[0].Scores[0][p] + result.Sides[0].Scores[1][p],
            result.Sides[0].Scores[2][p], 4));
    }

    [Fact]
    public void Labels_ThatDoNotCompete_HaveTheirOwnProbabilities()
    {
        ITransformer model = TinyModels.Load(_folder.Path, "bert", "BertForSequenceClassification",
            edit: config => config["problem_type"] = "multi_label_classification");
        ExplainedText text = ExplainedText.Of([1, 5, 6, 2]);
        float[] logits = model.Forward(ModelInput.Of(text.Ids)).ToArray();

        AttributionResult result = Explain(Targets.Labels(model, text, [0, 1, 2], "probability"));

        TensorAssert.Close([.. result.Targets.Select(t => (float)t.Score)], [.. logits.Select(z => 1 / (1 + MathF.Exp(-z)))], 1e-5f, 1e-5f);
        TensorAssert.Close([.. Explain(Targets.Labels(model, text, [0, 1, 2])).Targets.Select(t => (float)t.Score)], logits, 1e-5f, 1e-5f);
    }

    private static AttributionResult Explain(ScoreFunction f) =>
        AttributionMethods.Get("integrated_gradients").Attribute(f, AttributionRequest.Default);
}
