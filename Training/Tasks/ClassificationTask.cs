using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>One label per text: cross-entropy of the classifier's logits against the label, or, where it is not sure, against the
/// probabilities of all labels.</summary>
public sealed class ClassificationTask : ExampleTask<ClassExample>
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

        ClassExample Encode(LabelledText text)
        {
            Encoding tokens = (text.Second is null ? tokenizer.Encode(text.Text) : tokenizer.Encode(text.Text, text.Second))
                .Truncate(model.Info.MaxPositions);
            return new(tokens.Ids, tokens.TypeIds, _labels.Index().First(l => l.Item == text.Label).Index, text.Sure);
        }
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

    /// <inheritdoc/>
    public override Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing)
    {
        if (batch.Targets.Shape.Rank == 1)
        {
            return base.Loss(model, batch, labelSmoothing);
        }
        Tensor targets = batch.Targets.Scale(1 - labelSmoothing, labelSmoothing / _labels.Count);
        return (model.Forward(batch.Input).LogSoftmax() * targets).Sum().Scale(-1f / batch.Count);
    }

    /// <summary>Part of the labels that are right, mean cross-entropy, and expected calibration error.</summary>
    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Evaluate(ITransformer model)
    {
        (float[][] logits, int[] labels) = Judged(model);
        (double loss, int right, int count) = labels.Length == 0 ? (0, 0, 0)
            : Rows.Judge(Tensor.From([.. logits.SelectMany(row => row)], [labels.Length, _labels.Count]), labels);
        return count == 0 ? [] : [new("accuracy", (double)right / count, true), new("loss", loss / count, false),
            new("calibration_error", Calibration.Error(logits, labels), false)];
    }

    /// <summary>What a model says of the texts that are held out: a logit per label, and the number of the right one.</summary>
    public (float[][] Logits, int[] Labels) Judged(ITransformer model)
    {
        (List<float[]> logits, List<int> labels) = ([], []);
        foreach (ClassExample[] examples in Held.OrderBy(Length).Chunk(Rows.EvaluationBatch))
        {
            logits.AddRange(model.Forward(Batch(examples).Input).ToArray().Chunk(_labels.Count));
            labels.AddRange(examples.Select(text => text.Label));
        }
        return ([.. logits], [.. labels]);
    }

    /// <summary>Keeps a trained model in a folder with the temperature that the judged texts ask for (<see cref="Calibration"/>); they
    /// must then be judged by no other number.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="folder">Its folder.</param>
    public void SaveCalibrated(ITransformer trained, string folder)
    {
        (float[][] logits, int[] right) = Judged(trained);
        Calibration.Save(trained, Path.Combine(folder, "model.safetensors"), Calibration.Temperature(logits, right));
    }

    private protected override int Length(ClassExample example) => example.Ids.Length;

    private protected override TrainingBatch Batch(ClassExample[] examples) => new(
        ModelInput.Batch([.. examples.Select(text => text.Ids)], _pad) with
        {
            Types =
            Rows.Pad([.. examples.Select(text => text.Types)], 0)
        },
        examples.All(text => text.Sure >= 1)
            ? Tensor.From([.. examples.Select(text => text.Label)], [examples.Length])
            : Tensor.From([.. examples.SelectMany(text =>
                _labels.Select((_, k) => (float)(k == text.Label ? text.Sure : (1 - text.Sure) / (_labels.Count - 1))))],
                    [examples.Length, _labels.Count]),
        examples.Length,
        examples.Sum(text => text.Ids.Length));

    private static string Start(string text) => text.Length > 40 ? text[..40] + "…" : text;
}

/// <summary>A text, or two, in tokens, with its class.</summary>
/// <param name="Ids">Tokens.</param>
/// <param name="Types">0 for those of the first text, 1 for those of the second.</param>
/// <param name="Label">Number of the class.</param>
/// <param name="Sure">Probability that it is right.</param>
public readonly record struct ClassExample(int[] Ids, int[] Types, int Label, double Sure);
