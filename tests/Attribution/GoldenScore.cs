using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions;

/// <summary>From a recorded attribution case to the score function and baseline it was made with.</summary>
internal static partial class GoldenScore
{
    /// <summary>The function that a case explains; its prefix says which number and which side.</summary>
    public static ScoreFunction Of(GoldenModel golden, GoldenCase one, StepOptions? step = null)
    {
        string prefix = one.Name.Split('/')[0];
        ITransformer model = golden.Model;
        ExplainedText text = Text(one, "input_ids", "attention_mask", model) with { Types = Row(one, "token_type_ids") };
        int target = (int)one.Number("target");
        step ??= prefix.EndsWith("_prob", StringComparison.Ordinal) ? "probability" : prefix.EndsWith("_contrast", StringComparison.Ordinal)
            ? new StepOptions("contrast_logits_diff") { ContrastIds = [(int)one.Number("foil")] }
            : "logit";
        return model.Info.Task switch
        {
            ModelTask.SequenceClassification => Targets.Labels(model, text, [target], step),
            ModelTask.QuestionAnswering => new OneTarget(Targets.Answer(model, text, target, target, step), prefix == "attr_end" ? 1 : 0),
            ModelTask.TokenClassification => Targets.TokenLabels(model, text, [new(MaskPosition(golden, one), target)], step),
            ModelTask.MaskedLanguageModel => Targets.Words((ILanguageModel)model, text, [new(MaskPosition(golden, one), target)], step),
            ModelTask.CausalLanguageModel => Targets.Continuation((ILanguageModel)model, text, [target], step),
            _ => Translation((ILanguageModel)model, one, text, target, step, prefix),
        };
    }

    /// <summary>The baseline that a case names, as embeddings recorded in the prefix's <c>output</c> case.</summary>
    public static Baseline Baseline(GoldenModel golden, GoldenCase one, string name)
    {
        if (name.StartsWith("zero", StringComparison.Ordinal))
        {
            return Vitrine.Attributions.Baseline.Zero;
        }
        string prefix = one.Name.Split('/')[0];
        GoldenCase output = golden.Cases.First(c => c.Name == $"{(prefix == "attr_end" ? "attr" : prefix)}/output");
        GoldenTensor embeddings = output.Expected["token_baseline_embeds"];
        return Vitrine.Attributions.Baseline.Given(Tensor.From([.. embeddings.Data.Select(x => (float)x)],
            Shape.Create(embeddings.Shape.AsSpan(1))));
    }

    /// <summary>A row of whole numbers, or null when the case has none.</summary>
    public static int[]? Row(GoldenCase one, string input) => one.Ints(input)?.ToIntArray();

    private static ScoreFunction Translation(ILanguageModel model, GoldenCase one, ExplainedText source, int target, StepOptions step,
        string prefix)
    {
        int[] said = one.Ints("decoder_input_ids")!.ToIntArray();
        TranslationSides sides = prefix == "attr_src" ? TranslationSides.Source : prefix == "attr_tgt"
            ? TranslationSides.Target : TranslationSides.Both;
        return Targets.Translation(model, source, ExplainedText.Of(said, model.Tokenizer), [new(said.Length - 1, target)], step, sides);
    }

    private static ExplainedText Text(GoldenCase one, string ids, string mask, ITransformer model) =>
        ExplainedText.Of(one.Ints(ids)!.ToIntArray(), model.Tokenizer) with { Mask = Row(one, mask) };

    /// <summary>Where the masked word stands: the recorded description of the function says so.</summary>
    private static int MaskPosition(GoldenModel golden, GoldenCase one)
    {
        string description = (one.Has("f") ? one : golden.Cases.First(c => c.Name == "attr/output")).Json("f").GetString()!;
        return int.Parse(LogitsAt().Match(description).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"logits\[:, (\d+), target\]")]
    private static partial Regex LogitsAt();

    /// <summary>One of the targets of a function.</summary>
    private sealed class OneTarget(ScoreFunction all, int target) : ScoreFunction
    {
        public override IReadOnlyList<InputSide> Sides => all.Sides;

        public override IReadOnlyList<ScoreTarget> Targets => [all.Targets[target]];

        public override string StepName => all.StepName;

        public override IReadOnlyList<double> Probabilities => [all.Probabilities[target]];

        public override long BytesPerSeed => all.BytesPerSeed;

        public override long BytesPerExample(bool recorded) => all.BytesPerExample(recorded);

        protected internal override ITransformer? Transformer => all.Transformer;

        public override Tensor Features(IReadOnlyList<Tensor> embeddings) =>
            all.Score(embeddings).Slice(1, target, 1).Reshape([embeddings[0].Shape[0], 1, 1]);

        public override Tensor Embed(int side, Tensor ids) => all.Embed(side, ids);
    }
}
