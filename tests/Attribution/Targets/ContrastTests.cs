using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>“Why this and not that” by any method, on any side.</summary>
public sealed class ContrastTests : IDisposable
{
    private static readonly int[] s_said = [17, 33, 5], s_foils = [3, 2, 40];

    private readonly TempFolder _folder = new();

    /// <summary>Methods that are linear in the score they explain.</summary>
    public static TheoryData<string, string> Linear => [.. from method in new[]
    {
        "input_x_gradient", "integrated_gradients", "sequential_integrated_gradients", "gradient_shap", "deeplift", "feature_ablation",
        "occlusion",
        "shapley_value_sampling", "kernel_shap", "partition_shap", "lime", "feature_permutation",
    } from family in new[] { "gpt2", "marian" } select (method, family)];

    public static TheoryData<string, string> All =>
        [.. from method in AttributionMethods.All from family in new[] { "bert", "gpt2", "llama", "marian" } select (method.Name, family)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Linear))]
    public void Contrast_OfALinearMethod_IsTheDifferenceOfBothTokens(string name, string family)
    {
        var model = (ILanguageModel)TinyModels.Load(_folder.Path, family);
        IAttributionMethod method = AttributionMethods.Get(name);
        AttributionRequest request = new()
        {
            Baseline = Baseline.Token(1),
            Steps = 6,
            Samples = 40,
            Seed = 5,
            Surrogate = Surrogate.LeastSquares
        };
        ScoreFunction f = Function(model, new StepOptions("contrast_logits_diff") { ContrastIds = s_foils });
        ScoreFunction these = Function(model, "logit"),
            those = Function(model, new StepOptions("contrast_logits") { ContrastIds = s_foils });

        AttributionResult difference = method.Attribute(f, request), left = method.Attribute(these, request),
            right = method.Attribute(those, request);

        for (int s = 0; s < f.Sides.Count; s++)
        {
            for (int t = 0; t < s_said.Length; t++)
            {
                float[] expected = [.. left.Sides[s].Scores[t].Zip(right.Sides[s].Scores[t], (a, b) => a - b)];
                TensorAssert.Close(difference.Sides[s].Scores[t], expected, rtol: 1e-3, atol: 2e-4, what: $"{name}, side {s}, token {t}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Contrast_OfAnyMethod_IsExplainedOrRefusedWithAWayOut(string name, string family)
    {
        ITransformer model = TinyModels.Load(_folder.Path, family, family == "bert" ? "BertForSequenceClassification" : null);
        ScoreFunction f = family == "bert"
            ? Targets.Labels(model, ExplainedText.Of([5, 9, 44, 12]), [1], new StepOptions("contrast_logits_diff") { ContrastIds = [2] })
            : Function((ILanguageModel)model, new StepOptions("contrast_logits_diff") { ContrastIds = s_foils });
        AttributionRequest request = new()
        {
            Baseline = Baseline.Token(1),
            Steps = 3,
            Samples = 8,
            Hooks = [model.HookPoints.First(point => point.Name.EndsWith("mlp.hook_post", StringComparison.Ordinal)).Name],
            Neurons = [[1, 2]]
        };
        AttributionResult result;
        try
        {
            result = AttributionMethods.Get(name).Attribute(f, request);
        }
        catch (Tensors.VitrineException e)
        {
            Assert.Contains("; expected ", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("gradient: ", e.Message, StringComparison.Ordinal); // not a tape's words but the method's
            return;
        }
        Assert.All(result.Sides, side => Assert.All(side.Scores, row => Assert.All(row, score => Assert.True(float.IsFinite(score)))));
    }

    [Theory]
    [InlineData(TranslationSides.Source, "source")]
    [InlineData(TranslationSides.Target, "target")]
    public void Side_Alone_HasTheGradientsOfBoth(TranslationSides sides, string name)
    {
        var model = (ILanguageModel)TinyModels.Load(_folder.Path, "marian");

        AttributionResult both = new InputXGradient().Attribute(Targets.Translation(model, ExplainedText.Of([5, 9, 0]), s_said),
            AttributionRequest.Default);
        AttributionResult one = new InputXGradient().Attribute(Targets.Translation(model, ExplainedText.Of([5, 9, 0]), s_said,
            sides: sides), AttributionRequest.Default);

        SideScores side = Assert.Single(one.Sides);
        Assert.Equal(name, side.Name);
        TensorAssert.Close(side.Scores[2], both.Sides.Single(s => s.Name == name).Scores[2], rtol: 1e-4, atol: 1e-6);
    }

    private static ScoreFunction Function(ILanguageModel model, StepOptions step) => model.Info.ModelType == "marian"
        ? Targets.Translation(model, ExplainedText.Of([5, 9, 44, 0]), s_said, step)
        : Targets.Continuation(model, ExplainedText.Of([19, 5, 12, 29]), s_said, step);
}
