using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class DeepLiftTests
{
    private static readonly AttributionRequest s_raw = new() { KeepRaw = true, Baseline = Baseline.Zero };

    [Fact]
    public void DeepLift_LinearFunction_IsGradientTimesDifference()
    {
        AttributionRequest request = s_raw with { Baseline = Baseline.Token(2) };
        ToyScoreFunction f = Toys.Linear();

        float[] deeplift = new DeepLift().Attribute(f, request).Sides[0].Raw!.ToArray();

        float[] gradient = new Saliency().Attribute(f, s_raw).Sides[0].Raw!.ToArray();
        float[] x = f.Sides[0].Embeddings.ToArray(), x0 = f.Embed(0, Tensor.From([0, 2, 2, 2, 2, 2, 0], [7])).ToArray();
        TensorAssert.Close(deeplift, [.. gradient.Select((g, i) => g * (x[i % x.Length] - x0[i % x.Length]))], rtol: 1e-4, atol: 1e-5);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert_cls")]
    [InlineData("bert_cls_relu")]
    [InlineData("bert_qa")]
    [InlineData("marian")]
    [InlineData("llama")]
    [InlineData("bert_mlm")]
    public void DeepLift_Transformer_IsComplete(string name)
    {
        ScoreFunction f = Function(name, "probability");

        AttributionResult result = new DeepLift().Attribute(f, s_raw with { Baseline = Baseline.Token(3) });

        foreach (ExplainedTarget target in result.Targets)
        {
            Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-4 * Math.Max(1e-2, Math.Abs(target.Score - target.BaselineScore!.Value)));
        }
    }

    [Fact]
    public void DeepLift_ReluNetwork_EqualsCaptumsRescaleRule()
    {
        var f = new ToyScoreFunction(
            x => x[0].Reshape([x[0].Shape[0], 35]).MatMul(RandomTensor.Normal(3, [35, 16])).Relu().MatMul(RandomTensor.Normal(4, [16, 2]))
            .Tanh(),
            2, RandomTensor.Normal(1, [11, 5]), [0, 3, 7, 2, 9, 4, 0]);

        float[] ours = new DeepLift().Attribute(f, s_raw).Sides[0].Raw!.ToArray();
        float[] captum = new DeepLift().Attribute(f, s_raw with { Compat = Compat.Captum }).Sides[0].Raw!.ToArray();

        TensorAssert.Close(ours, captum, rtol: 1e-4, atol: 1e-5);
    }

    [Fact]
    public void GuidedBackprop_OneLayer_IsTheHandComputedAnswer()
    {
        // y = −relu(x₁) + 2·relu(x₂), x = (3, −1): the gradient is (−1, 0), guided (0, 0), deconvolution (0, 2).
        var f = new ToyScoreFunction(x => x[0].Reshape([x[0].Shape[0], 2]).Relu().MatMul(Tensor.From([-1f, 2f], [2, 1])), 1,
            Tensor.From([3f, -1f], [1, 2]), [0]);

        Assert.Equal([-1f, 0], new Saliency().Attribute(f, s_raw).Sides[0].Raw!.ToArray());
        Assert.Equal([0f, 0], new GuidedBackprop().Attribute(f, s_raw).Sides[0].Raw!.ToArray());
        Assert.Equal([0f, 2], new Deconvolution().Attribute(f, s_raw).Sides[0].Raw!.ToArray());
    }

    [Fact]
    public void GuidedBackprop_NoRelu_SaysWhichMethodToUse() =>
        Assert.Contains("Use saliency",
            Assert.Throws<VitrineException>(() => new GuidedBackprop().Attribute(Toys.Network(), s_raw)).Message, StringComparison.Ordinal);

    private static ScoreFunction Function(string name, string step)
    {
        GoldenFolder.Find(name, "model.safetensors");
        GoldenModel golden = GoldenModel.Named(name);
        Assert.SkipUnless(golden.Unsupported is null, golden.Unsupported ?? "");
        ITransformer model = golden.Model;
        ExplainedText text = ExplainedText.Of([7, 21, 33, 48, 9]);
        return model.Info.Task switch
        {
            ModelTask.SequenceClassification => Targets.Labels(model, text, [0, 1], step),
            ModelTask.QuestionAnswering => Targets.Answer(model, text, 1, 3, step),
            ModelTask.MaskedLanguageModel => Targets.Words((ILanguageModel)model, text, [new(2, 5), new(3, 8)], step),
            ModelTask.CausalLanguageModel => Targets.Continuation((ILanguageModel)model, text, [5, 6, 7], step),
            _ => Targets.Translation((ILanguageModel)model, text, [5, 6, 7], step),
        };
    }
}
