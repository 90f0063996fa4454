using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Every method on every family, as a language model and as a classifier: finite scores, or one sentence that says why
/// not.</summary>
public sealed class FamilyMethodTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Families => [.. TinyModels.Families];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void Methods_LanguageModel_ExplainOrSayWhyNot(string family) => CheckAll(TinyModels.Load(_folder.Path, family));

    [Theory]
    [MemberData(nameof(Families))]
    public void Methods_Classifier_ExplainOrSayWhyNot(string family)
    {
        ModelFamily known = ModelFamilies.All.First(all => all.ModelType == family);
        if (known.Classes.Contains("ForSequenceClassification", StringComparison.Ordinal))
        {
            CheckAll(TinyModels.Load(_folder.Path, family, $"{known.Prefix}ForSequenceClassification",
                edit: config => config["id2label"] ??= new System.Text.Json.Nodes.JsonObject { ["0"] = "bad", ["1"] = "good" }));
        }
    }

    /// <summary>Only these may refuse, and whom: what they would need is not there, or no rule of it is known.</summary>
    private static bool MayRefuse(string method, ITransformer model) => method switch
    {
        "guided_backprop" or "deconvolution" => true, // no ReLU
        "decompx" => model.Info is not { Task: ModelTask.SequenceClassification, PoolsFirst: true, ModelType: not "modernbert" },
        "globenc" => !model.HookPoints.Any(point => point.Name == "blocks.0.hook_normalized_resid_post"),
        "alti_logit" => model.Info.ModelType is "gemma2" or "modernbert"
            || !model.HookPoints.Any(point => point.Name == "ln_final.hook_scale"),
        "progressive_inference" => model.Info.PoolsFirst || model.Info.NDecoderLayers > 0
            || model.Info.Task == ModelTask.MaskedLanguageModel,
        _ => false,
    };

    private static void CheckAll(ITransformer model)
    {
        var faults = new List<string>();
        foreach (IAttributionMethod method in AttributionMethods.All)
        {
            string step = method.Name == "reagent" ? "probability" : "logit";
            // BART's classifiers are read at the end of the text
            ScoreFunction f = model is { Info: { Task: ModelTask.SequenceClassification, NDecoderLayers: > 0 } }
                ? Targets.Labels(model, ExplainedText.Of([7, 21, 33, 48, 2]), [0, 1], step) : Models.Function(model, step);
            AttributionRequest request = MethodLawTests.Request(method.Name, f, new() { Steps = 4, Samples = 8 });
            if (model.Info.NDecoderLayers > 0)
            {
                // one place that sees all that is explained: a classifier's text, or both sides
                request = request with { Hooks = [f.Sides.Count == 1 ? "encoder.0.hook_resid_post" : "decoder.0.hook_resid_post"] };
            }
            try
            {
                AttributionResult result = method.Attribute(f, request);
                bool finite = result.Sides.All(side => side.Scores.All(row => row.All(float.IsFinite)));
                faults.AddRange(finite ? [] : [$"{method.Name}: not finite"]);
            }
            catch (VitrineException e)
            {
                bool saysWhy = MayRefuse(method.Name, model) && e.Message.StartsWith($"{method.Name}: ", StringComparison.Ordinal)
                    && e.Message.Contains(model.Info.Architecture, StringComparison.Ordinal)
                    && e.Message.Contains("; expected ", StringComparison.Ordinal) && !e.Message.Contains('\n', StringComparison.Ordinal);
                faults.AddRange(saysWhy ? [] : [$"{method.Name}: {e.Message}"]);
            }
        }

        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults));
    }
}
