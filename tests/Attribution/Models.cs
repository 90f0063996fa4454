using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>A score function over each of the tiny golden models: what every method must be able to explain.</summary>
internal static class Models
{
    private static readonly int[] s_text = [7, 21, 33, 48, 9], s_said = [5, 6, 8];

    /// <summary>Their names: an encoder of each kind of head, two decoders, an encoder–decoder.</summary>
    public static IReadOnlyList<string> Names { get; } = ["bert_cls", "bert_cls_relu", "bert_mlm", "bert_qa", "gpt2", "llama", "marian"];

    /// <summary>A score function over a model; skips the test where the golden folder has no such model.</summary>
    /// <param name="name">Folder of the model.</param>
    /// <param name="step">Which number.</param>
    /// <param name="padded">Whether two padding tokens stand behind the text (a translation's source).</param>
    public static ScoreFunction Function(string name, StepOptions? step = null, bool padded = false)
    {
        GoldenFolder.Find(name, "model.safetensors");
        GoldenModel golden = GoldenModel.Named(name);
        Assert.SkipUnless(golden.Unsupported is null, golden.Unsupported ?? "");
        return Function(golden.Model, step, padded);
    }

    /// <summary>The same for a model that is loaded already.</summary>
    public static ScoreFunction Function(ITransformer model, StepOptions? step = null, bool padded = false)
    {
        step ??= "logit";
        int pad = model.Info.PadId ?? 0;
        ExplainedText text = ExplainedText.Of(padded ? [.. s_text, pad, pad] : s_text) with { Mask = padded ? [1, 1, 1, 1, 1, 0, 0] : null };
        return model.Info.Task switch
        {
            ModelTask.SequenceClassification => Targets.Labels(model, text, [0, 1], step),
            ModelTask.QuestionAnswering => Targets.Answer(model, text, 1, 3, step),
            ModelTask.MaskedLanguageModel => Targets.Words((ILanguageModel)model, text, [new(2, 5), new(3, 8)], step),
            ModelTask.CausalLanguageModel => Targets.Continuation((ILanguageModel)model, text, s_said, step),
            _ => Targets.Translation((ILanguageModel)model, text, s_said, step),
        };
    }
}
