using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// A label for every token: where names begin and go on. <c>B-PER</c> is the first token of a person, <c>I-PER</c> the others, <c>O</c> is
/// outside (Ramshaw and Marcus 1995); the special
/// tokens do not count.
/// </summary>
public sealed class TokenClassificationTask : ExampleTask<(int[] Ids, int[] Labels)>
{
    private readonly IReadOnlyList<string> _labels;
    private readonly int _pad;

    /// <summary>Tokenizes the texts; those that are longer than the model reads are cut.</summary>
    /// <param name="training">What is learned.</param>
    /// <param name="held">What is judged.</param>
    /// <param name="model">A BERT for token classification, with the labels of <see cref="LabelsOf"/>.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="TrainingException">The model has no such label, or does not fit the tokenizer.</exception>
    public TokenClassificationTask(IReadOnlyList<MarkedText> training, IReadOnlyList<MarkedText> held, ITransformer model,
        ITokenizer tokenizer)
    {
        (_labels, _pad) = (model.Info.Labels, tokenizer.Special.Pad ?? 0);
        Dictionary<string, int> numbers = _labels.Index().ToDictionary(label => label.Item, label => label.Index, StringComparer.Ordinal);
        (Training, Held) = ([.. training.Select(Encode)], [.. held.Select(Encode)]);
        Rows.ExpectVocabulary(model, Training.Concat(Held).Select(text => text.Ids));

        (int[], int[]) Encode(MarkedText text)
        {
            Encoding tokens = tokenizer.Encode(text.Text).Truncate(model.Info.MaxPositions);
            return (tokens.Ids, [.. Enumerable.Range(0, tokens.Count).Select(i =>
            {
                TextSpan at = tokens.Offsets[i];
                if (tokens.SpecialMask[i])
                {
                    return Rows.Ignored;
                }
                (int Start, int End, string Label) inside =
                    text.Entities.FirstOrDefault(span => span.Start <= at.Start && at.Start < span.End);
                string label = inside.Label is null ? "O" : $"{(at.Start == inside.Start ? 'B' : 'I')}-{inside.Label}";
                return numbers.TryGetValue(label, out int number) ? number
                    : throw new TrainingException($"train: an unknown label; got '{label}' in '{text.Text}'; expected one of "
                        + $"{string.Join(", ", _labels)}.");
            })]);
        }
    }

    /// <summary>The labels that tokens of some texts have: <c>O</c>, then <c>B-</c> and <c>I-</c> of each kind in ordinal order.</summary>
    /// <exception cref="TrainingException">Nothing is marked.</exception>
    public static IReadOnlyList<string> LabelsOf(IReadOnlyList<MarkedText> texts)
    {
        string[] kinds = [.. texts.SelectMany(text => text.Entities).Select(span => span.Label).Distinct().Order(StringComparer.Ordinal)];
        return kinds.Length > 0 ? ["O", .. kinds.SelectMany(kind => new[] { $"B-{kind}", $"I-{kind}" })]
            : throw new TrainingException("train: nothing is marked; got texts without a label; expected stretches like [Anna](PER).");
    }

    /// <inheritdoc/>
    public override string Description =>
        $"label the tokens of {Training.Length} texts with {string.Join(", ", _labels)}; {Held.Length} held out";

    /// <inheritdoc/>
    public override Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing) =>
        model.Forward(batch.Input).CrossEntropy(batch.Targets, ignoreIndex: Rows.Ignored, labelSmoothing: labelSmoothing);

    /// <summary>F1 of whole names (right stretch and right label), part of the tokens that are right, and nats per token.</summary>
    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Evaluate(ITransformer model)
    {
        (double loss, int right, int count, int found, int said, int wanted) = (0, 0, 0, 0, 0, 0);
        foreach ((int[] Ids, int[] Labels)[] examples in Held.OrderBy(Length).Chunk(Rows.EvaluationBatch))
        {
            TrainingBatch batch = Batch(examples);
            Tensor logits = model.Forward(batch.Input);
            (double l, int r, int n) = Rows.Judge(logits, batch.Targets.ToIntArray());
            (loss, right, count) = (loss + l, right + r, count + n);
            int classes = _labels.Count, pos = logits.Shape[1];
            float[] scores = logits.ToArray();
            foreach ((int i, (_, int[] labels)) in examples.Index())
            {
                int[] best = [.. labels.Select((label, p) =>
                    label == Rows.Ignored ? 0 : Rows.Best(scores.AsSpan(((i * pos) + p) * classes, classes)))];
                (HashSet<(int, int, string)> names, HashSet<(int, int, string)> marked) =
                    (Names(best), Names([.. labels.Select(label => Math.Max(0, label))]));
                (found, said, wanted) = (found + names.Intersect(marked).Count(), said + names.Count, wanted + marked.Count);
            }
        }
        return count == 0 ? [] :
        [
            new("f1", said + wanted == 0 ? 1 : 2.0 * found / (said + wanted), true), new("accuracy", (double)right / count, true),
                new("loss", loss / count, false),
        ];
    }

    private protected override int Length((int[] Ids, int[] Labels) example) => example.Ids.Length;

    private protected override TrainingBatch Batch((int[] Ids, int[] Labels)[] examples) => new(
        ModelInput.Batch([.. examples.Select(text => text.Ids)], _pad),
        Rows.Pad([.. examples.Select(text => text.Labels)], Rows.Ignored),
        examples.Sum(text => text.Labels.Count(label => label != Rows.Ignored)),
        examples.Sum(Length));

    /// <summary>First token, past-the-last, kind.</summary>
    private HashSet<(int, int, string)> Names(int[] labels)
    {
        (HashSet<(int, int, string)> names, int start) = ([], -1);
        for (int p = 0; p <= labels.Length; p++)
        {
            string label = p < labels.Length ? _labels[labels[p]] : "O";
            if (start >= 0 && (label[0] != 'I' || label[2..] != _labels[labels[start]][2..]))
            {
                names.Add((start, p, _labels[labels[start]][2..]));
                start = -1;
            }
            start = start < 0 && label != "O" ? p : start;
        }
        return names;
    }
}
