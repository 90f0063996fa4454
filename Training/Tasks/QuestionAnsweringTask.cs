using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>The stretch of a text that answers a question: cross-entropy of its first and of its last token over all positions.</summary>
/// <remarks>Source: Devlin et al. 2019, section 4.2.</remarks>
public sealed class QuestionAnsweringTask : ITrainingTask
{
    private const int LongestAnswer = 30; // tokens

    private readonly Example[] _training, _held;
    private readonly int[] _lengths;
    private readonly int _pad;

    /// <summary>Tokenizes questions with their texts.</summary>
    /// <param name="training">What is learned.</param>
    /// <param name="held">What is judged.</param>
    /// <param name="model">A BERT for question answering.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="TrainingException">A text is too long for the model, or an answer covers no token.</exception>
    public QuestionAnsweringTask(IReadOnlyList<AnsweredQuestion> training, IReadOnlyList<AnsweredQuestion> held, ITransformer model,
        ITokenizer tokenizer)
    {
        _pad = tokenizer.Special.Pad ?? 0;
        _training = [.. training.Select(question => Example.Of(question, tokenizer, model.Info.MaxPositions))];
        _held = [.. held.Select(question => Example.Of(question, tokenizer, model.Info.MaxPositions))];
        _lengths = [.. _training.Select(example => example.Text.Count)];
        Rows.ExpectVocabulary(model, _training.Concat(_held).Select(example => example.Text.Ids));
    }

    /// <inheritdoc/>
    public string Description => $"answer {_training.Length} questions; {_held.Length} held out";

    /// <inheritdoc/>
    public IReadOnlyList<int> Begin(int epoch, int seed) => _lengths;

    /// <inheritdoc/>
    public TrainingBatch Batch(IReadOnlyList<int> examples) => Batch([.. examples.Select(i => _training[i])]);

    /// <inheritdoc/>
    public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing)
    {
        Tensor logits = model.Forward(batch.Input).Permute(0, 2, 1);   // [batch, start_or_end, pos]
        return logits.CrossEntropy(batch.Targets, labelSmoothing: labelSmoothing);
    }

    /// <summary>Part of the answers whose text is the right one (letter case ignored), and mean cross-entropy.</summary>
    /// <inheritdoc/>
    public IReadOnlyList<Metric> Evaluate(ITransformer model)
    {
        (double loss, int right) = (0, 0);
        foreach (Example[] examples in _held.OrderBy(example => example.Text.Count).Chunk(Rows.EvaluationBatch))
        {
            TrainingBatch batch = Batch(examples);
            Tensor logits = model.Forward(batch.Input).Permute(0, 2, 1);
            loss += Rows.Judge(logits, batch.Targets.ToIntArray()).Loss;
            float[] scores = logits.ToArray();
            int pos = logits.Shape[2];
            for (int i = 0; i < examples.Length; i++)
            {
                string answer = examples[i].Answer(scores.AsSpan(2 * i * pos, pos), scores.AsSpan(((2 * i) + 1) * pos, pos));
                right += string.Equals(answer, examples[i].Question.Answer, StringComparison.OrdinalIgnoreCase) ? 1 : 0;
            }
        }
        return _held.Length == 0 ? [] : [new("exact_match", (double)right / _held.Length, true),
            new("loss", loss / (2 * _held.Length), false)];
    }

    private TrainingBatch Batch(Example[] examples) => new(
        ModelInput.Batch([.. examples.Select(example => example.Text.Ids)],
            _pad) with
        { Types = Rows.Pad([.. examples.Select(example => example.Text.TypeIds)], 0) },
        Tensor.From([.. examples.SelectMany(example => new[] { example.Start, example.End })], [examples.Length, 2]),
        examples.Length,
        examples.Sum(example => example.Text.Count));

    /// <summary>A question in tokens, and the first and last token of its answer.</summary>
    private sealed record Example(AnsweredQuestion Question, Encoding Text, int Start, int End)
    {
        public static Example Of(AnsweredQuestion question, ITokenizer tokenizer, int limit)
        {
            Encoding text = tokenizer.Encode(question.Question, question.Context);
            if (text.Count > limit)
            {
                throw new TrainingException($"train: a text is too long; got {text.Count} tokens for '{question.Question}'; "
                    + $"expected at most {limit}. Shorten it or give more --positions.");
            }
            int end = question.Start + question.Answer.Length;
            int[] covered = [.. Enumerable.Range(0, text.Count).Where(i => text.SequenceIds[i] == 1 && text.Offsets[i].Start < end
                && text.Offsets[i].End > question.Start)];
            return covered.Length > 0
                ? new(question, text, covered[0], covered[^1])
                : throw new TrainingException($"train: an answer that is no token; got '{question.Answer}' for '{question.Question}'; "
                    + $"expected a word of the text.");
        }

        /// <summary>The most probable stretch of the context.</summary>
        public string Answer(ReadOnlySpan<float> starts, ReadOnlySpan<float> ends)
        {
            (int from, int to, float best) = (0, 0, float.NegativeInfinity);
            for (int start = 0; start < Text.Count; start++)
            {
                for (int end = start; Text.SequenceIds[start] == 1 && end < Math.Min(Text.Count, start + LongestAnswer)
                    && Text.SequenceIds[end] == 1; end++)
                {
                    if (starts[start] + ends[end] > best)
                    {
                        (from, to, best) = (start, end, starts[start] + ends[end]);
                    }
                }
            }
            return Question.Context[Text.Offsets[from].Start..Text.Offsets[to].End];
        }
    }
}
