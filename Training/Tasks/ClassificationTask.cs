using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>One label per text: cross-entropy of the classifier's logits.</summary>
public sealed class ClassificationTask : ExampleTask<(int[] Ids, int Label)>
{
    private readonly IReadOnlyList<string> _labels;
    private readonly int _pad;

    /// <summary>Tokenizes the texts; those that are longer than the model reads are cut.</summary>
    /// <param name="training">What is learned.</param>
    /// <param name="held">What is judged.</param>
    /// <param name="model">A classifier with its tokenizer; its labels are those that may occur.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="TrainingException">No data, a label the model does not have, or one with fewer than two examples.</exception>
    public ClassificationTask(IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held, ITransformer model,
        ITokenizer tokenizer)
    {
        _labels = model.Info.Labels;
        foreach (LabelledText text in training.Concat(held).Where(text => !_labels.Contains(text.Label)).Take(1))
        {
            throw new TrainingException($"train: an unknown label; got '{text.Label}' for '{Start(text.Text)}'; "
                + $"expected one of {string.Join(", ", _labels)}.");
        }
        foreach (string label in _labels)
        {
            int count = training.Count(text => text.Label == label);
            if (count < 2)
            {
                throw new TrainingException($"train: too few examples of a class; got {count} of '{label}' to learn from; "
                    + $"expected at least 2. Add some, hold fewer out, or leave the class out.");
            }
        }
        _pad = tokenizer.Special.Pad ?? 0;
        (Training, Held) = ([.. training.Select(Encode)], [.. held.Select(Encode)]);
        Rows.ExpectVocabulary(model, Training.Concat(Held).Select(text => text.Ids));

        (int[], int) Encode(LabelledText text) =>
            (tokenizer.Encode(text.Text).Truncate(model.Info.MaxPositions).Ids, _labels.Index().First(l => l.Item == text.Label).Index);
    }

    /// <summary>The classes of some texts in ordinal order.</summary>
    /// <exception cref="TrainingException">There are fewer than two.</exception>
    public static IReadOnlyList<string> LabelsOf(IReadOnlyList<LabelledText> texts)
    {
        string[] labels = [.. texts.Select(text => text.Label).Distinct().Order(StringComparer.Ordinal)];
        return labels.Length >= 2 ? labels : throw new TrainingException(
            $"train: nothing to tell apart; got {(labels.Length == 0 ? "no text" : $"only the label '{labels[0]}'")}; "
            + "expected at least two labels.");
    }

    /// <inheritdoc/>
    public override string Description => $"classify {Training.Length} texts into {string.Join(", ", _labels)}; {Held.Length} held out";

    /// <summary>Part of the labels that are right, and mean cross-entropy.</summary>
    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Evaluate(ITransformer model) => [.. base.Evaluate(model).Reverse()];

    private protected override int Length((int[] Ids, int Label) example) => example.Ids.Length;

    private protected override TrainingBatch Batch((int[] Ids, int Label)[] examples) => new(
        ModelInput.Batch([.. examples.Select(text => text.Ids)], _pad),
        Tensor.From([.. examples.Select(text => text.Label)], [examples.Length]),
        examples.Length,
        examples.Sum(text => text.Ids.Length));

    private static string Start(string text) => text.Length > 40 ? text[..40] + "…" : text;
}
