using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// Masked words. Of each text 15 % of the tokens are to be told: 80 % of them are hidden, 10 % replaced by a random one, 10 %
/// left.
/// </summary>
/// <remarks>Source: Devlin et al. 2019, section 3.1. Other tokens are masked in every epoch (Liu et al. 2019).</remarks>
public sealed class MaskedLanguageTask : ITrainingTask
{
    private const double Part = 0.15; // of the tokens that are to be told
    private readonly ITokenizer _tokenizer;
    private readonly int[][] _training, _held;
    private readonly int[] _lengths;
    private readonly int _mask;
    private (int Epoch, int Seed) _now;

    /// <summary>Tokenizes the texts; those that are longer than the model reads are cut.</summary>
    /// <param name="training">What is learned.</param>
    /// <param name="held">What is judged.</param>
    /// <param name="model">A masked language model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="TrainingException">The tokenizer has no mask, or does not fit the model.</exception>
    public MaskedLanguageTask(IReadOnlyList<string> training, IReadOnlyList<string> held, ITransformer model, ITokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _mask = tokenizer.Special.Mask ?? throw new TrainingException("train: the tokenizer has no mask; expected a piece like [MASK].");
        _training = [.. training.Select(Encode)];
        _held = [.. held.Select(Encode)];
        _lengths = [.. _training.Select(ids => ids.Length)];
        Rows.ExpectVocabulary(model, _training.Concat(_held));

        int[] Encode(string text) => tokenizer.Encode(text).Truncate(model.Info.MaxPositions).Ids;
    }

    /// <inheritdoc/>
    public string Description => $"fill masks in {_training.Length} texts; {_held.Length} held out";

    /// <inheritdoc/>
    public IReadOnlyList<int> Begin(int epoch, int seed)
    {
        _now = (epoch, seed);
        return _lengths;
    }

    /// <inheritdoc/>
    public TrainingBatch Batch(IReadOnlyList<int> examples) => Batch(_training, examples, _now.Seed, _now.Epoch);

    /// <inheritdoc/>
    public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing)
    {
        (Tensor logits, int[] targets) = Masked(model, batch);
        return logits.CrossEntropy(Tensor.From(targets, [targets.Length]), labelSmoothing: labelSmoothing);
    }

    /// <summary>Nats per masked token, and part of them that are told right; the masks are the same at every evaluation.</summary>
    /// <inheritdoc/>
    public IReadOnlyList<Metric> Evaluate(ITransformer model)
    {
        (double loss, int right, int count) = (0, 0, 0);
        foreach (int[] examples in Batching.ByLength([.. _held.Select(ids => ids.Length)], Rows.EvaluationBatch))
        {
            (Tensor logits, int[] targets) = Masked(model, Batch(_held, examples, 0, -1));
            (double l, int r, int n) = Rows.Judge(logits, targets);
            (loss, right, count) = (loss + l, right + r, count + n);
        }
        return count == 0 ? [] : [new("loss", loss / count, false), new("accuracy", (double)right / count, true)];
    }

    /// <summary>
    /// Logits of the tokens that are to be told only: over a large vocabulary the others are most of the work. A model that wraps another
    /// one (an adapter, a student) has no halves.
    /// </summary>
    private static (Tensor Logits, int[] Targets) Masked(ITransformer model, TrainingBatch batch)
    {
        int[] targets = batch.Targets.ToIntArray();
        int[] at = [.. targets.Index().Where(t => t.Item != Rows.Ignored).Select(t => t.Index)];
        Tensor logits = model is ILanguageModel language
            ? language.Logits(Told(language.Hidden(batch.Input)))
            : Told(model.Forward(batch.Input));
        return (logits, [.. at.Select(i => targets[i])]);

        // [batch, pos, …] to [told, …]
        Tensor Told(Tensor x) => x.Reshape([x.Shape[0] * x.Shape[1], x.Shape[2]]).Gather(Tensor.From(at, [at.Length]));
    }

    private TrainingBatch Batch(int[][] texts, IReadOnlyList<int> examples, int seed, int epoch)
    {
        (int[][] inputs, int[][] targets) = (new int[examples.Count][], new int[examples.Count][]);
        for (int i = 0; i < examples.Count; i++)
        {
            int[] ids = texts[examples[i]];
            (inputs[i], targets[i]) = Hidden(ids, RandomAt.Of(seed, epoch, examples[i]));
        }
        return new(ModelInput.Batch(inputs, _tokenizer.Special.Pad ?? 0), Rows.Pad(targets, Rows.Ignored),
            targets.Sum(row => row.Count(t => t != Rows.Ignored)), inputs.Sum(row => row.Length));
    }

    private (int[] Input, int[] Target) Hidden(int[] ids, Random random)
    {
        int[] input = [.. ids], target = new int[ids.Length];
        Array.Fill(target, Rows.Ignored);
        int[] words = [.. ids.Index().Where(t => t.Item != _tokenizer.Special.Cls && t.Item != _tokenizer.Special.Sep)
            .Select(t => t.Index)];
        random.Shuffle(words);
        foreach (int at in words.Take(Math.Max(1, (int)Math.Round(Part * words.Length))))
        {
            target[at] = ids[at];
            double chance = random.NextDouble();
            input[at] = chance < 0.8 ? _mask : chance < 0.9 ? random.Next(_tokenizer.Vocabulary.Count) : ids[at];
        }
        return (input, target);
    }
}
