using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>The next token of a translation, given the text and the translation so far.</summary>
public sealed class TranslationTask : ITrainingTask
{
    private readonly (int[] Source, int[] Target)[] _training, _held;
    private readonly int[] _lengths;
    private readonly int _pad, _start;

    /// <summary>Tokenizes the pairs; those of which a side is longer than the model reads are cut.</summary>
    /// <param name="training">What is learnt.</param>
    /// <param name="held">What is judged.</param>
    /// <param name="model">A Marian.</param>
    /// <param name="tokenizer">Its tokenizer, of both languages.</param>
    /// <exception cref="TrainingException">The tokenizer does not fit the model.</exception>
    public TranslationTask(IReadOnlyList<TextPair> training, IReadOnlyList<TextPair> held, ITransformer model, MarianTokenizer tokenizer)
    {
        _pad = tokenizer.Special.Pad ?? 0;
        _start = model.Info.DecoderStartId ?? _pad;
        _training = [.. training.Select(Encode)];
        _held = [.. held.Select(Encode)];
        _lengths = [.. _training.Select(pair => pair.Source.Length + pair.Target.Length)];
        Rows.ExpectVocabulary(model, _training.Concat(_held).SelectMany(pair => new[] { pair.Source, pair.Target }));

        (int[], int[]) Encode(TextPair pair) => (
            tokenizer.Source.Encode(pair.Source).Truncate(model.Info.MaxPositions).Ids,
            tokenizer.Target.Encode(pair.Target).Truncate(model.Info.MaxPositions).Ids);
    }

    /// <inheritdoc/>
    public string Description => $"translate {_training.Length} texts; {_held.Length} held out";

    /// <inheritdoc/>
    public IReadOnlyList<int> Begin(int epoch, int seed) => _lengths;

    /// <inheritdoc/>
    public TrainingBatch Batch(IReadOnlyList<int> examples) => Batch([.. examples.Select(i => _training[i])]);

    /// <inheritdoc/>
    public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing) =>
        model.Forward(batch.Input).CrossEntropy(batch.Targets, labelSmoothing: labelSmoothing);

    /// <summary>Nats per token of the translation, and part of the tokens that are right.</summary>
    /// <inheritdoc/>
    public IReadOnlyList<Metric> Evaluate(ITransformer model)
    {
        (double loss, int right, int count) = (0, 0, 0);
        foreach ((int[] Source, int[] Target)[] pairs in _held.OrderBy(pair => pair.Source.Length + pair.Target.Length).Chunk(Rows.EvaluationBatch))
        {
            TrainingBatch batch = Batch(pairs);
            (double l, int r, int n) = Rows.Judge(model.Forward(batch.Input), batch.Targets.ToIntArray());
            (loss, right, count) = (loss + l, right + r, count + n);
        }
        return count == 0 ? [] : [new("loss", loss / count, false), new("accuracy", (double)right / count, true)];
    }

    /// <summary>BLEU and chrF of translations by greedy search, 0–100: what a reader of a model card wants to know, and too slow for every evaluation.</summary>
    /// <param name="model">A Marian with its tokenizer.</param>
    /// <param name="pairs">What to translate, and the references.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static IReadOnlyList<Metric> Judge(IGenerator model, IReadOnlyList<TextPair> pairs, CancellationToken cancellation)
    {
        var tokenizer = (MarianTokenizer)(model.Tokenizer ?? throw new TrainingException("train: the model has no tokenizer; expected its files beside config.json."));
        GenerationOptions greedy = model.GenerationDefaults with { NumBeams = 1 };
        List<(string Translation, string Reference)> texts = [];
        foreach (TextPair[] batch in pairs.OrderBy(pair => pair.Source.Length).Chunk(Rows.EvaluationBatch))
        {
            ModelInput sources = ModelInput.Batch([.. batch.Select(pair => tokenizer.Source.Encode(pair.Source).Truncate(model.Info.MaxPositions).Ids)], tokenizer.Special.Pad ?? 0);
            GenerationResult written = model.Generate(sources, greedy, cancellation: cancellation);
            texts.AddRange(written.Sequences.Select(sequence => (tokenizer.Target.Decode([.. sequence.Tokens]).Trim(), batch[sequence.Input].Target)));
        }
        (string[] said, string[] wanted) = ([.. texts.Select(t => t.Translation)], [.. texts.Select(t => t.Reference)]);
        return [new("bleu", Bleu.Score(said, wanted), true), new("chrf", Chrf.Score(said, wanted), true)];
    }

    private TrainingBatch Batch((int[] Source, int[] Target)[] pairs)
    {
        ModelInput said = ModelInput.Batch([.. pairs.Select(pair => (int[])[_start, .. pair.Target[..^1]])], _pad);
        return new(
            ModelInput.Batch([.. pairs.Select(pair => pair.Source)], _pad) with { Target = said },
            Rows.Pad([.. pairs.Select(pair => pair.Target)], Rows.Ignored),
            pairs.Sum(pair => pair.Target.Length),
            pairs.Sum(pair => pair.Source.Length + pair.Target.Length));
    }
}
