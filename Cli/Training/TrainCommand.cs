using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine train</c>: trains a model on text files, from nothing or from a checkpoint.</summary>
internal static class TrainCommand
{
    private const int Judged = 1000; // translations for BLEU and chrF

    public static Verb Create(Terminal terminal)
    {
        var verb = new Verb("train", "Trains a model on text files. Give the same command again to go on after a break.", """
            vitrine train classify --data positive=good.txt --data negative=bad.txt --out my-classifier
            vitrine train lm --data plays.txt --vocab 2000 --layers 4 --d-model 192 --positions 256 --out my-gpt2
            vitrine train qa --data questions.jsonl --out my-reader
            vitrine train mlm --data sentences.txt --out my-bert
            vitrine train tokens --data names.txt --out my-tagger
            vitrine train translate --data pairs.tsv --tokenizer folder-with-spm --out my-marian
            vitrine train lm --data plays.txt --device gpu --out my-gpt2
            """);
        verb.Add(TrainClassify.Create(terminal));
        verb.Add(LanguageModel(terminal));
        verb.Add(Translate(terminal));
        verb.Add(Questions(terminal));
        verb.Add(Masks(terminal));
        verb.Add(Tokens(terminal));
        verb.Add(TrainData.Create(terminal));
        verb.Add(TrainVary.Create(terminal));
        return verb;
    }

    private static Verb LanguageModel(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 text; may be given several times.");
        var lines = Declare.Flag("--lines", "Every line is a text of its own, and ends with the end of text.");
        var after = Declare.Value<string?>("--after", "token", "With --lines: learn only what follows this token, take the rest as given.");
        return new Verb("lm", "Trains a GPT-2 that continues a text.", """
            vitrine train lm --data plays.txt --vocab 2000 --layers 4 --d-model 192 --positions 256 --out my-gpt2
            vitrine train lm --data sums.txt --lines --after = --out adder
            vitrine train lm --data text.txt --d-mlp 0 --layers 2 --out attention-only
            """)
            .With(run.Symbols)
            .With(lines, after)
            .Does((parsed, cancellation) => Train(
                run.Job(parsed, terminal) with { Lines = parsed.GetValue(lines), After = parsed.GetValue(after) }, terminal,
                ModelTask.CausalLanguageModel, (job, words) => NewModel.Gpt2(job.Folder, BytePairTrainer.Train(job.Lines
                    ? job.Read(part => TextLines.Read(part.File), line => line).Training : [job.RunningText().Training], words), job.Sizes),
                cancellation));
    }

    private static Verb Translate(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 lines 'text⇥translation'; may be given several times.");
        var swap = Declare.Flag("--swap", "The translation is in the first column, the text in the second.");
        var tokenizer = Declare.Value<string?>("--tokenizer", "folder",
            "Folder with source.spm and target.spm, for a model from nothing; a vocab.json is made of both where it has none.");
        return new Verb("translate", "Trains a Marian that translates.", """
            vitrine train translate --data pairs.tsv --tokenizer folder-with-spm --layers 3 --d-model 256 --out my-marian
            vitrine train translate --data pairs.tsv --from path/to/opus-mt-zh-en --learning-rate 1e-4 --out tuned
            """)
            .With(run.Symbols)
            .With(swap, tokenizer)
            .Does((parsed, cancellation) =>
            {
                TrainingJob job = run.Job(parsed, terminal) with { Swap = parsed.GetValue(swap) };
                Train(job, terminal, ModelTask.SequenceToSequence, (_, _) => NewModel.Marian(
                    job.Folder, terminal.Resolve(parsed.GetValue(tokenizer) ?? throw new CommandException(ExitCode.Usage,
                        "tokenizer: missing; got neither --tokenizer nor --from; expected a folder with source.spm and target.spm.")),
                    job.Sizes), cancellation);
                TextPair[] judged =
                    [.. job.Read(part => TextLines.Pairs(part.File, job.Swap), pair => pair.Target).Held.Take(Judged)];
                if (judged.Length > 0)
                {
                    var stored = (IGenerator)ModelLoader.Load(job.Folder);
                    IReadOnlyList<Metric> scores = TranslationTask.Judge(stored, judged, cancellation);
                    terminal.Output.WriteLine($"{judged.Length} held-out texts, {stored.GenerationDefaults.NumBeams} beams: "
                        + $"{string.Join(", ", scores.Select(score => FormattableString.Invariant($"{score.Name} {score.Value:F1}")))}");
                }
            });
    }

    private static Verb Questions(Terminal terminal)
    {
        var run = new TrainingCommandLine("""UTF-8 lines of JSON {"context": …, "question": …, "answer": …}; may be given several times.""");
        return new Verb("qa", "Trains a BERT that finds the answer to a question in a text.", """
            vitrine train qa --data questions.jsonl --out my-reader
            vitrine train qa --data questions.jsonl --positions 256 --layers 4 --out my-reader
            """)
            .With(run.Symbols)
            .Does((parsed, cancellation) => Train(
                run.Job(parsed, terminal), terminal, ModelTask.QuestionAnswering, (job, words) => NewModel.Bert(
                    job.Folder, "BertForQuestionAnswering", WordPieceTrainer.Train(
                        job.Read(part => TextLines.Questions(part.File), question => question.Key).Training
                            .SelectMany(question => new[] { question.Context, question.Question }), words), job.Sizes, []),
                cancellation));
    }

    private static Verb Masks(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 text, one example a line; may be given several times.");
        return new Verb("mlm", "Trains a BERT that predicts masked words.", """
            vitrine train mlm --data sentences.txt --out my-bert
            vitrine train mlm --data sentences.txt --from my-bert --learning-rate 1e-4 --out longer
            """)
            .With(run.Symbols)
            .Does((parsed, cancellation) => Train(
                run.Job(parsed, terminal), terminal, ModelTask.MaskedLanguageModel, (job, words) => NewModel.Bert(
                    job.Folder, "BertForMaskedLM", WordPieceTrainer.Train(
                        job.Read(part => TextLines.Read(part.File), line => line).Training, words), job.Sizes, []),
                cancellation));
    }

    private static Verb Tokens(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 lines in which stretches are marked: '[Anna Miller](PER) lives in [Rome](LOC).'; may "
            + "be given several times.");
        return new Verb("tokens", "Trains a BERT that labels every token: names of people, places, times.", """
            vitrine train tokens --data names.txt --out my-tagger
            vitrine train tokens --data names.txt --from my-bert --epochs 3 --out my-tagger
            """)
            .With(run.Symbols)
            .Does((parsed, cancellation) =>
            {
                TrainingJob job = run.Job(parsed, terminal);
                IReadOnlyList<MarkedText> texts =
                    job.Read(part => TextLines.Read(part.File).Select(MarkedText.Parse), text => text.Group).Training;
                IReadOnlyList<string> labels = TokenClassificationTask.LabelsOf(texts);
                Train(job, terminal, ModelTask.TokenClassification, (_, words) => NewModel.Bert(
                    job.Folder, "BertForTokenClassification", WordPieceTrainer.Train(texts.Select(text => text.Text), words), job.Sizes,
                    labels), cancellation, labels);
            });
    }

    /// <summary>Trains a new model, or that of <c>--from</c>, on the data of its kind.</summary>
    private static void Train(TrainingJob job, Terminal terminal, ModelTask kind, Action<TrainingJob, int> create,
        CancellationToken cancellation, IReadOnlyList<string>? labels = null)
    {
        using IDisposable own = job.Own();
        ITransformer model = TrainingRun.Start(job, terminal, kind, words => create(job, words), labels);
        TrainingRun.Of(job, model, job.TaskOf(model), terminal, cancellation);
    }
}
