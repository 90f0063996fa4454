using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

public static partial class Targets
{
    /// <summary>
    /// Labels that a model was never trained on, by natural language inference: each label makes a hypothesis (“This example is
    /// sports.”), and its score is how far the text entails it. Every label's pair of text and hypothesis is a side of its own. Where
    /// labels compete, a row of logits holds the entailment of each, so that <c>probability</c> is a label's share; where they do not,
    /// a label has a row of its own with contradiction and entailment. Yin et al. 2019; the arithmetic is that of Hugging Face's
    /// zero-shot pipeline.
    /// </summary>
    /// <param name="model">A classifier of text pairs, one of whose labels begins with “entail”.</param>
    /// <param name="pairs">What the model reads for each label, made by <see cref="ZeroShot.Pairs"/>.</param>
    /// <param name="labels">The labels' names.</param>
    /// <param name="chosen">Which labels are explained; null: the one that the model prefers.</param>
    /// <param name="isMultiLabel">Whether labels do not compete.</param>
    /// <param name="step">Which number, e.g. <c>"probability"</c>; null: <c>logit</c>, that of entailment.</param>
    /// <exception cref="VitrineException">Another kind of model, too few labels, or no such label.</exception>
    public static ScoreFunction ZeroShotLabels(
        ITransformer model, IReadOnlyList<ExplainedText> pairs, IReadOnlyList<string> labels, IReadOnlyList<int>? chosen = null,
        bool isMultiLabel = false, StepOptions? step = null)
    {
        (int entailment, int contradiction) = ZeroShot.Classes(model);
        ZeroShot.CheckLabels(labels, pairs.Count, isMultiLabel);
        step ??= "logit";
        ModelInput[] inputs = [.. pairs.Select(pair => pair.Input())];
        InputSide[] sides = [.. pairs.Select((pair, i) => Side(model, pair, name: FormattableString.Invariant($"label {i}")))];
        int[] reach = [.. pairs.Select(pair => pair.Tokens.Count)];
        int[] ids = chosen is null ? [ArgMax(Entailments([.. sides.Select(side => side.Batch)]).ToArray())] : [.. chosen];
        CheckIds(ids, labels.Count, "label");
        ScoreTarget[] targets = [.. ids.Select(id => new ScoreTarget { Label = labels[id], Id = id, Reach = reach })];
        return new OptionScore(new ModelScore(model, step, sides, targets, Rows, Read), Alone);

        ScoreFunction Alone(int label) => new ModelScore(
            model, "logit", [Side(model, pairs[label])],
            [new ScoreTarget { Label = labels[label], Id = entailment, Position = 0, Reach = [reach[label]] }],
            embeddings => Logits(label, embeddings[0]).Reshape([embeddings[0].Shape[0], 1, model.Info.Labels.Count]),
            (logits, asked) => new StepRows([entailment], asked, () => logits));

        // [batch, target, label], or [batch, target, 2]: contradiction and entailment
        Tensor Rows(IReadOnlyList<Tensor> embeddings)
        {
            if (!isMultiLabel)
            {
                Tensor all = Entailments(embeddings);
                return all.Reshape([all.Shape[0], 1, labels.Count]).Expand([all.Shape[0], ids.Length, labels.Count]);
            }
            return TensorOps.Concat(1, [.. ids.Select(id =>
            {
                Tensor logits = Logits(id, embeddings[id]);
                Tensor both = TensorOps.Concat(1, logits.Slice(1, contradiction, 1), logits.Slice(1, entailment, 1));
                return both.Reshape([both.Shape[0], 1, 2]);
            })]);
        }

        StepRows Read(Tensor rows, StepOptions asked) => new([.. ids.Select(id => isMultiLabel ? 1 : id)], asked, () => rows);

        // [batch, label]: pairs have different lengths, and each is a batch of its own, so that none needs padding.
        Tensor Entailments(IReadOnlyList<Tensor> embeddings) =>
            TensorOps.Concat(1, [.. embeddings.Select((words, i) => Logits(i, words).Slice(1, entailment, 1))]);

        Tensor Logits(int label, Tensor words) => model.Forward(inputs[label] with { Embeddings = words });
    }
}
