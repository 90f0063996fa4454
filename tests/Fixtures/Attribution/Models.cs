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
    /// <param name="padded">Whether two padding tokens come after the text, before it where it is continued.</param>
    /// <param name="only">The one target that is kept; null: all.</param>
    public static ScoreFunction Function(string name, StepOptions? step = null, bool padded = false, int? only = null)
    {
        GoldenFolder.Find(name, "model.safetensors");
        GoldenModel golden = GoldenModel.Named(name);
        Assert.SkipUnless(golden.Unsupported is null, golden.Unsupported ?? "");
        return Function(golden.Model, step, padded, only);
    }

    /// <summary>The same of any model.</summary>
    public static ScoreFunction Function(ITransformer model, StepOptions? step = null, bool padded = false, int? only = null)
    {
        step ??= "logit";
        int pad = model.Info.PadId ?? 0;
        bool left = model.Info.Task == ModelTask.CausalLanguageModel;
        ExplainedText text = !padded ? ExplainedText.Of(s_text)
            : left ? ExplainedText.Of([pad, pad, .. s_text]) with { Mask = [0, 0, 1, 1, 1, 1, 1] }
            : ExplainedText.Of([.. s_text, pad, pad]) with { Mask = [1, 1, 1, 1, 1, 0, 0] };
        T[] Kept<T>(params T[] all) => only is { } one ? [all[one]] : all;
        switch (model.Info.Task)
        {
            case ModelTask.SequenceClassification:
                return Targets.Labels(model, text, Kept(0, 1), step);
            case ModelTask.QuestionAnswering:
                return Targets.Answer(model, text, 1, 3, step);
            case ModelTask.MaskedLanguageModel:
                return Targets.Words((ILanguageModel)model, text, Kept<TokenTarget>(new(2, 5), new(3, 8)), step);
            case ModelTask.CausalLanguageModel:
                int given = text.Tokens.Count;
                ExplainedText said = text with
                {
                    Tokens = [.. text.Tokens, .. ExplainedText.Of(s_said[..^1]).Tokens],
                    Mask = text.Mask is null ? null : [.. text.Mask, 1, 1],
                };
                return Targets.Words((ILanguageModel)model, said, Kept([.. s_said.Select((id, i) => new TokenTarget(given - 1 + i, id))]),
                    step, given);
            default:
                ExplainedText prefix = ExplainedText.Of([model.Info.DecoderStartId!.Value, .. s_said[..^1]]);
                prefix = prefix with { Tokens = [prefix.Tokens[0] with { IsSpecial = true }, .. prefix.Tokens.Skip(1)] };
                return Targets.Translation((ILanguageModel)model, text, prefix, Kept([.. s_said.Select((id, i) => new TokenTarget(i, id))]),
                    step);
        }
    }
}
