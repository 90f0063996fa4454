using Vitrine.Attributions;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class InternalMethodTests
{
    [Theory]
    [InlineData("gpt2", "logit")]
    [InlineData("gpt2", "contrast_logits_diff")]
    [InlineData("llama", "logit")]
    [InlineData("gpt2_cls", "logit")]
    [InlineData("llama_cls", "logit")]
    public void AltiLogit_ComponentsAndBiases_SumToTheLogit(string model, string step)
    {
        ScoreFunction f = Models.Function(model, new StepOptions(step) { ContrastIds = step == "logit" ? null : [3, 3, 3] });

        AttributionResult result = new AltiLogit().Attribute(f, new());

        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-4));
        Assert.Equal(result.Targets[1].Score - result.Targets[1].BaselineScore!.Value, result.Sides[0].Scores[1].Sum(), 1e-4);
    }

    [Theory]
    [InlineData("bert_cls", "logit")]
    [InlineData("bert_cls_relu", "logit")]
    [InlineData("bert_cls", "contrast_logits_diff")]
    [InlineData("distilbert_cls", "logit")]
    [InlineData("electra_cls", "logit")]
    [InlineData("deberta_v2_cls_own_keys", "logit")]
    public void DecompX_Parts_SumToTheLogit(string model, string step)
    {
        ScoreFunction f = Models.Function(model, new StepOptions(step) { ContrastIds = [1, 0] }, padded: true);

        AttributionResult result = new DecompX().Attribute(f, new());

        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-4));
        Assert.All(result.Sides[0].Scores, row => Assert.Equal([0f, 0f], row[^2..]));
    }

    [Theory]
    [InlineData("alti", "gpt2")]
    [InlineData("alti", "llama")]
    [InlineData("alti", "bert_qa")]
    [InlineData("alti", "marian")]
    [InlineData("globenc", "bert_cls")]
    [InlineData("globenc", "bert_mlm")]
    public void Mixing_SharesOfAllTokens_SumToOne(string method, string model)
    {
        AttributionResult result = AttributionMethods.Get(method).Attribute(Models.Function(model), new());

        for (int t = 0; t < result.Targets.Count; t++)
        {
            Assert.Equal(1, result.Sides.Sum(side => side.Scores[t].Sum()), 1e-5);
            Assert.All(result.Sides, side => Assert.All(side.Scores[t], score => Assert.InRange(score, 0, 1)));
        }
    }

    [Theory]
    [InlineData("decompx", "bert_cls")]
    [InlineData("alti", "marian")]
    [InlineData("alti_logit", "gpt2")]
    [InlineData("globenc", "bert_cls")]
    public void Method_LittleMemory_ChangesNothing(string method, string model)
    {
        ScoreFunction f = Models.Function(model);
        AttributionResult roomy = AttributionMethods.Get(method).Attribute(f, new());
        AttributionResult tight = AttributionMethods.Get(method).Attribute(f, new() { ByteBudget = 1 << 20 });

        TensorAssert.Close(tight.Sides[0].Scores[1], roomy.Sides[0].Scores[1], rtol: 1e-5, atol: 1e-6);
    }

    [Theory]
    [InlineData("alti_logit", "bert_cls", "Use alti")]
    [InlineData("alti_logit", "marian", "Use alti")]
    [InlineData("globenc", "gpt2", "Use alti")]
    [InlineData("decompx", "gpt2", "Use alti")]
    [InlineData("progressive_inference", "bert_cls", "Use feature_ablation")]
    public void Method_ModelItCannotExplain_SaysWhichMethodCan(string method, string model, string hint) =>
        Assert.Contains(hint,
            Assert.Throws<VitrineException>(() => AttributionMethods.Get(method).Attribute(Models.Function(model), new())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void AltiLogit_Probability_SaysWhatItNeeds() =>
        Assert.Contains("expected one of logit",
            Assert.Throws<VitrineException>(() => new AltiLogit().Attribute(Models.Function("gpt2", "probability"), new())).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("gpt2", "probability")]
    [InlineData("gpt2", "logit")]
    [InlineData("llama", "margin")]
    public void ProgressiveInference_SumUpToAToken_IsTheScoreOfTheTextSoFar(string name, string step)
    {
        ScoreFunction f = Models.Function(name, step);
        int[] ids = f.Sides[0].Ids;

        AttributionResult result = new ProgressiveInference().Attribute(f, new());

        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-5));
        for (int pos = 0; pos <= f.Targets[2].Position; pos++)
        {
            ScoreFunction shorter = Targets.Words((ILanguageModel)f.Transformer!, ExplainedText.Of(ids[..(pos + 1)]),
                [new(pos, f.Targets[2].Id!.Value)], step);
            Assert.Equal(shorter.Score([shorter.Sides[0].Batch]).Item(), result.Sides[0].Scores[2][..(pos + 1)].Sum(), 1e-5);
        }
    }

    [Fact]
    public void ProgressiveInference_Classifier_FollowsItsLabel()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2", "GPT2ForSequenceClassification");
        int[] ids = [7, 21, 33, 48, 9];

        AttributionResult result =
            new ProgressiveInference().Attribute(Targets.Labels(model, ExplainedText.Of(ids), [0, 2], "probability"), new());

        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-6));
        ScoreFunction shorter = Targets.Labels(model, ExplainedText.Of(ids[..3]), [0, 2], "probability");
        Assert.Equal(shorter.Score([shorter.Sides[0].Batch]).ToArray()[1], result.Sides[0].Scores[1][..3].Sum(), 1e-6);
    }

    [Fact]
    public void GimRule_NothingToChange_IsTheGradient()
    {
        Tensor x = RandomTensor.Normal(1, [2, 3]), w = RandomTensor.Normal(2, [3, 4]);
        var recording = new Recording();
        Tensor p, y;
        using (recording)
        {
            p = x.MatMul(w).Softmax();
            y = (p * p).Sum([0, 1]);
        }
        var seed = new Seeds(Tensor.Full([1], 1));
        using var tape = new Tape();
        Tensor q = x.MatMul(w).Softmax();
        Tensor expected = tape.Gradient((q * q).Sum([0, 1]), x)[x];

        Tensor plain = recording.Backward(y, seed, new GimRule(new Dictionary<long, float>(), new HashSet<long> { p.Id }, 1), null, x)[x];
        Tensor halved = recording.Backward(y, seed, new GimRule(new Dictionary<long, float> { [p.Id] = 0.5f }, new HashSet<long>(), 2),
            null, x)[x];

        TensorAssert.Close(plain.ToArray(), expected.ToArray());
        TensorAssert.Close(halved.Scale(2).ToArray(), expected.ToArray());
    }
}
