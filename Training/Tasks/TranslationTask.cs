using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>The next token of a translation, given the text and the translation so far.</summary>
public sealed class TranslationTask : ExampleTask<(int[] Source, int[] Target)>
{
    private readonly int _pad, _start;

    /// <summary>Tokenizes the pairs; those of which a side is longer than the model reads are cut.</summary>
    /// <param name="training">What is learned.</param>
    /// <param name="held">What is judged.</param>
    /// <param name="model">A Marian.</param>
    /// <param name="tokenizer">Its tokenizer, of both languages.</param>
    /// <exception cref="TrainingException">The tokenizer does not fit the model.</exception>
    public TranslationTask(IReadOnlyList<TextPair> training, IReadOnlyList<TextPair> held, ITransformer model, MarianTokenizer tokenizer)
    {
        _pad = tokenizer.Special.Pad ?? 0;
        _start = model.Info.DecoderStartId ?? _pad;
        (Training, Held) = ([.. training.Select(Encode)], [.. held.Select(Encode)]);
        Rows.ExpectVocabulary(model, Training.Concat(Held).SelectMany(pair => new[] { pair.Source, pair.Target }));

        (int[], int[]) Encode(TextPair pair) => (
            tokenizer.Source.Encode(pair.Source).Truncate(model.Info.MaxPositions).Ids,
            tokenizer.Target.Encode(pair.Target).Truncate(model.Info.MaxPositions).Ids);
    }

    /// <inheritdoc/>
    public override string Description => $"translate {Training.Length} texts; {Held.Length} held out";

    /// <summary>
    /// BLEU and chrF of translations as the model makes them by default, 0–100: what a reader of a model card wants to know, and too slow
    /// for every evaluation.
    /// </summary>
    /// <param name="model">A Marian with its tokenizer.</param>
    /// <param name="pairs">What to translate, and the references.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static IReadOnlyList<Metric> Judge(IGenerator model, IReadOnlyList<TextPair> pairs, CancellationToken cancellation)
    {
        var tokenizer = (MarianTokenizer)(model.Tokenizer
            ?? throw new TrainingException("train: the model has no tokenizer; expected its files next to config.json."));
        List<(string Translation, string Reference)> texts = [];
        foreach (TextPair[] batch in pairs.OrderBy(pair => pair.Source.Length).Chunk(Rows.EvaluationBatch))
        {
            ModelInput sources =
                ModelInput.Batch([.. batch.Select(pair => tokenizer.Source.Encode(pair.Source).Truncate(model.Info.MaxPositions).Ids)],
                    tokenizer.Special.Pad ?? 0);
            GenerationResult written = model.Generate(sources, model.GenerationDefaults, cancellation: cancellation);
            texts.AddRange(written.Sequences.Select(sequence => (tokenizer.Target.Decode([.. sequence.Tokens])
                .Trim(), batch[sequence.Input].Target)));
        }
        (string[] said, string[] wanted) = ([.. texts.Select(t => t.Translation)], [.. texts.Select(t => t.Reference)]);
        return [new("bleu", Bleu.Score(said, wanted), true), new("chrf", Chrf.Score(said, wanted), true)];
    }

    private protected override int Length((int[] Source, int[] Target) example) => example.Source.Length + example.Target.Length;

    private protected override TrainingBatch Batch((int[] Source, int[] Target)[] examples)
    {
        ModelInput said = ModelInput.Batch([.. examples.Select(pair => (int[])[_start, .. pair.Target[..^1]])], _pad);
        return new(
            ModelInput.Batch([.. examples.Select(pair => pair.Source)], _pad) with { Target = said },
            Rows.Pad([.. examples.Select(pair => pair.Target)], Rows.Ignored),
            examples.Sum(pair => pair.Target.Length),
            examples.Sum(Length));
    }
}
