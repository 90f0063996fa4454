using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>The next token of one long text, which is cut into windows at other places in every epoch.</summary>
public sealed class LanguageModelTask : ITrainingTask
{
    private readonly int[] _training, _held;
    private readonly int _window, _heldCharacters;
    private int _offset;

    /// <summary>Tokenizes the texts.</summary>
    /// <param name="training">What is learned.</param>
    /// <param name="held">What is judged; may be empty.</param>
    /// <param name="model">A language model that reads from left to right.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="TrainingException">The text is shorter than two windows.</exception>
    public LanguageModelTask(string training, string held, ITransformer model, ITokenizer tokenizer)
    {
        _window = model.Info.MaxPositions;
        _training = tokenizer.Encode(training, special: false).Ids;
        Encoding text = tokenizer.Encode(held, special: false);
        (_held, _heldCharacters) = (text.Ids, text.Count == 0 ? 0 : held.Length - text.Offsets[0].End); // its first token is not predicted
        Rows.ExpectVocabulary(model, [_training, _held]);
        if (_training.Length < 2 * _window)
        {
            throw new TrainingException(
                $"train: too little text; got {_training.Length} tokens to learn from; expected at least {2 * _window}, two windows. "
                + $"Give more text or a smaller --positions.");
        }
    }

    /// <inheritdoc/>
    public string Description => $"predict {_training.Length} tokens in windows of {_window}; {_held.Length} held out";

    /// <inheritdoc/>
    public IReadOnlyList<int> Begin(int epoch, int seed)
    {
        _offset = RandomAt.Of(seed, epoch, -1).Next(_window);
        return [.. Enumerable.Repeat(_window, (_training.Length - _window) / _window)];
    }

    /// <inheritdoc/>
    public TrainingBatch Batch(IReadOnlyList<int> examples) => Batch(_training, [.. examples.Select(i => (i * _window) + _offset)], 0);

    /// <inheritdoc/>
    public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing) =>
        model.Forward(batch.Input).CrossEntropy(batch.Targets, labelSmoothing: labelSmoothing);

    /// <summary>
    /// Nats per token, and per character of the text. Windows overlap by half, so that every token but the first few is predicted from at
    /// least half a window.
    /// </summary>
    /// <inheritdoc/>
    public IReadOnlyList<Metric> Evaluate(ITransformer model)
    {
        if (_held.Length < 2)
        {
            return [];
        }
        (double loss, int count) = (0, 0);
        int half = Math.Max(1, _window / 2);
        for (int from = 0; from < 1 || from + _window - half < _held.Length - 1; from += half * Rows.EvaluationBatch)
        {
            // All windows but the first of the text judge their later half only.
            int[] starts = [.. Enumerable.Range(0, Rows.EvaluationBatch).Select(i => from + (i * half))
                .TakeWhile(start => start == 0 || start + _window - half < _held.Length - 1)];
            foreach (IGrouping<bool, int> group in starts.GroupBy(start => start == 0))
            {
                TrainingBatch batch = Batch(_held, [.. group], group.Key ? 0 : _window - half);
                (double l, _, int n) = Rows.Judge(model.Forward(batch.Input), batch.Targets.ToIntArray());
                (loss, count) = (loss + l, count + n);
            }
        }
        return [new("loss", loss / count, false), new("nats_per_character", loss / _heldCharacters, false)];
    }

    private TrainingBatch Batch(int[] text, int[] starts, int judgeFrom)
    {
        (int[][] inputs, int[][] targets) = (new int[starts.Length][], new int[starts.Length][]);
        for (int i = 0; i < starts.Length; i++)
        {
            (inputs[i], targets[i]) = Rows.Shifted(text.AsSpan(starts[i], Math.Min(_window + 1, text.Length - starts[i])));
            Array.Fill(targets[i], Rows.Ignored, 0, Math.Min(judgeFrom, targets[i].Length));
        }
        int count = targets.Sum(row => row.Count(t => t != Rows.Ignored));
        return new(ModelInput.Batch(inputs, pad: 0), Rows.Pad(targets, Rows.Ignored), count, inputs.Sum(row => row.Length));
    }
}
