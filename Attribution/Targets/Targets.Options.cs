using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

public static partial class Targets
{
    /// <summary>
    /// The options of a multiple choice: every option is a side of its own, and a row of logits holds one per option, so that
    /// <c>logit</c> is an option's own score, <c>probability</c> its share, <c>margin</c> what makes it win over the best other, and
    /// <c>contrast_logits_diff</c> over a named one.
    /// </summary>
    /// <param name="model">A multiple choice model.</param>
    /// <param name="options">What the model reads for each option: the prompt and the option.</param>
    /// <param name="chosen">Which options are explained; null: the one that the model prefers.</param>
    /// <param name="step">Which number, e.g. <c>"margin"</c>, the default.</param>
    /// <exception cref="VitrineException">Another kind of model, fewer than two options, or no such option.</exception>
    public static ScoreFunction Options(ITransformer model, IReadOnlyList<ExplainedText> options, IReadOnlyList<int>? chosen = null,
        StepOptions? step = null)
    {
        Require(model, ModelTask.MultipleChoice);
        step ??= "margin";
        if (options.Count < 2)
        {
            throw new VitrineException($"targets: nothing to choose from; got {options.Count} option; expected at least two.");
        }
        ModelInput[] inputs = [.. options.Select(option => option.Input())];
        InputSide[] sides = [.. options.Select((option, i) => Side(model, option, name: FormattableString.Invariant($"option {i}")))];
        int[] ids = chosen is null ? [ArgMax(Logits([.. sides.Select(side => side.Batch)]).ToArray())] : [.. chosen];
        CheckIds(ids, options.Count, "option");
        int[] reach = [.. options.Select(option => option.Tokens.Count)];
        return new OptionScore(new ModelScore(
            model, step, sides, [.. ids.Select(id =>
                new ScoreTarget { Label = FormattableString.Invariant($"option {id}"), Id = id, Reach = reach })],
            embeddings =>
            {
                Tensor logits = Logits(embeddings);
                return logits.Reshape([logits.Shape[0], 1, options.Count]).Expand([logits.Shape[0], ids.Length, options.Count]);
            },
            (logits, asked) => new StepRows(ids, asked, () => logits)), Alone);

        ScoreFunction Alone(int option) => new ModelScore(
            model, "logit", [Side(model, options[option])],
                [new ScoreTarget { Label = FormattableString.Invariant($"option {option}"), Id = 0, Position = 0, Reach =
                    [options[option].Tokens.Count] }],
            embeddings => Logit(option, embeddings[0]).Reshape([embeddings[0].Shape[0], 1, 1]),
            (logits, asked) => new StepRows([0], asked, () => logits));

        // [batch, option]: options have different lengths, and each is a batch of its own, so that none needs padding.
        Tensor Logits(IReadOnlyList<Tensor> embeddings) => TensorOps.Concat(1, [.. embeddings.Select((words, i) => Logit(i, words))]);

        Tensor Logit(int option, Tensor words) =>
            model.Forward(inputs[option] with { Embeddings = words.Reshape([words.Shape[0], 1, words.Shape[1], words.Shape[2]]) });
    }
}
