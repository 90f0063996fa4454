using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class LayerMethodTests
{
    private static readonly AttributionRequest s_raw = new() { KeepRaw = true, Baseline = Baseline.Token(3), Steps = 40 };

    [Fact]
    public void LayerIntegratedGradients_AtTheEmbeddings_IsIntegratedGradients()
    {
        ScoreFunction f = Function();

        float[] layer = Raw("layer_integrated_gradients", f, s_raw with { Hooks = ["hook_embed"] });

        TensorAssert.Close(layer, Raw("integrated_gradients", f, s_raw), rtol: 1e-4, atol: 1e-6);
    }

    [Theory]
    [InlineData("layer_integrated_gradients")]
    [InlineData("layer_deeplift")]
    [InlineData("layer_gradient_shap")]
    [InlineData("layer_gradient_x_activation")]
    [InlineData("layer_activation")]
    [InlineData("internal_influence")]
    [InlineData("layer_conductance")]
    public void Method_AtEveryHook_GivesFiniteScores(string name)
    {
        ScoreFunction f = Function();
        foreach (HookPoint point in f.HookPoints.Where(p =>
            !p.Name.EndsWith("hook_logits", StringComparison.Ordinal) && !p.Name.EndsWith("attn_scores", StringComparison.Ordinal)))
        {
            AttributionResult result = AttributionMethods.Get(name)
                .Attribute(f, new() { Hooks = [point.Name], Baseline = Baseline.Token(3), Steps = 3, Samples = 2 });
            Assert.All(result.Sides[0].Scores, row => Assert.All(row, score => Assert.True(float.IsFinite(score), point.Name)));
        }
    }

    [Theory]
    [InlineData("blocks.0.hook_resid_post")]
    [InlineData("blocks.1.hook_resid_pre")]
    public void LayerConductance_WhereEverythingPasses_SumsToTheDifference(string hook)
    {
        AttributionResult result = new LayerConductance().Attribute(Function(), s_raw with { Hooks = [hook], Steps = 200 });

        Assert.All(result.Targets, target =>
            Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-3 * Math.Abs(target.Score - target.BaselineScore!.Value)));
    }

    [Fact]
    public void LayerDeepLift_DeepInside_IsComplete()
    {
        AttributionResult result =
            AttributionMethods.Get("layer_deeplift").Attribute(Function(), s_raw with { Hooks = ["blocks.1.attn.hook_z"] });

        Assert.All(result.Targets, target =>
            Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-4 * Math.Abs(target.Score - target.BaselineScore!.Value)));
    }

    [Fact]
    public void NeuronIntegratedGradients_OneNeuron_SumsToItsChange()
    {
        ScoreFunction f = Function();
        AttributionRequest request = s_raw with { Hooks = ["blocks.1.hook_mlp_out"], Neurons = [[4, 7], [2, 0]] };

        AttributionResult result = AttributionMethods.Get("neuron_integrated_gradients").Attribute(f, request);

        Assert.Equal(["blocks.1.hook_mlp_out[4, 7]", "blocks.1.hook_mlp_out[2, 0]"], result.Targets.Select(t => t.Label));
        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-4));
        Assert.All(result.Sides[0].Scores[1][3..], score => Assert.Equal(0, score)); // a later token cannot reach position 2
    }

    [Fact]
    public void NeuronConductance_SummedOverALayer_IsIntegratedGradients()
    {
        ScoreFunction f = Function();
        AttributionRequest request = s_raw with { Steps = 4, Hooks = ["blocks.0.hook_resid_post"] };
        double[]? sums = null;

        foreach (int position in Enumerable.Range(0, 5))
        {
            foreach (int unit in Enumerable.Range(0, 32))
            {
                float[] one = Raw("neuron_conductance", f, request with { Neurons = [[position, unit]] });
                sums = sums is null ? [.. one] : [.. sums.Zip(one, (a, b) => a + b)];
            }
        }

        TensorAssert.Close(Raw("integrated_gradients", f, request), sums!, rtol: 1e-3, atol: 1e-5);
    }

    [Fact]
    public void NeuronGradient_NoSuchNeuron_SaysWhatThereIs()
    {
        AttributionRequest request = new() { Hooks = ["blocks.0.hook_mlp_out"], Neurons = [[2, 32]] };

        Assert.Contains("got [2, 32]; expected places in [5, 32]", Assert.Throws<VitrineException>(
            () => AttributionMethods.Get("neuron_gradient").Attribute(Function(), request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LayerMethod_MisspeltHook_NamesTheNearest() =>
        Assert.Contains("Did you mean 'blocks.0.hook_mlp_out'?", Assert.Throws<VitrineException>(
            () => Raw("layer_deeplift", Function(), s_raw with { Hooks = ["blocks.0.hook_mlpout"] })).Message, StringComparison.Ordinal);

    private static float[] Raw(string name, ScoreFunction f, AttributionRequest request) =>
        AttributionMethods.Get(name).Attribute(f, request).Sides[0].Raw!.ToArray();

    private static ScoreFunction Function()
    {
        GoldenFolder.Find("gpt2", "model.safetensors");
        return Targets.Continuation((ILanguageModel)GoldenModel.Named("gpt2").Model, ExplainedText.Of([19, 5, 12, 29]), [30, 15],
            "probability");
    }
}
