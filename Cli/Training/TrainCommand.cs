using System.CommandLine;
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
        verb.Add(TrainLm.Create(terminal));
        verb.Add(Translate(terminal));
        verb.Add(Questions(terminal));
        verb.Add(Masks(terminal));
        verb.Add(TrainTokens.Create(terminal));
        verb.Add(TrainData.Create(terminal));
        verb.Add(TrainVary.Create(terminal));
        return verb;
    }

    private static Verb Translate(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 lines 'text⇥translation'; may be given several times.");
        var swap = new Option<bool>("--swap") { Description = "The translation is in the first column, the text in the second." };
        var tokenizer = new Option<string?>("--tokenizer") { Description =
            "Folder with source.spm and target.spm, for a model from nothing; a vocab.json is made of both where it has none.", HelpName =
                "folder" };
        return new Verb("translate", "Trains a Marian that translates.", """
            vitrine train translate --data pairs.tsv --tokenizer folder-with-spm --layers 3 --d-model 256 --out my-marian
            vitrine train translate --data pairs.tsv --from path/to/opus-mt-zh-en --learning-rate 1e-4 --out tuned
            """)
            .With(run.Symbols)
            .With(swap, tokenizer)
            .Does(run.Alone(terminal, (parsed, cancellation) =>
            {
                // Split by the translation: one that is judged was learned from no other text either.
                DataMix<TextPair> data = run.Mix(parsed, terminal, part => TextLines.Pairs(part.File, parsed.GetValue(swap)), pair =>
                    pair.Target);
                (IReadOnlyList<TextPair> training, IReadOnlyList<TextPair> held) = (data.Training, data.Held);
                ITransformer model = run.Model(parsed, terminal, ModelTask.SequenceToSequence, (folder, sizes, _) => NewModel.Marian(
                    folder, terminal.Resolve(parsed.GetValue(tokenizer) ?? throw new CommandException(ExitCode.Usage,
                        "tokenizer: missing; got neither --tokenizer nor --from; expected a folder with source.spm and target.spm.")),
                            sizes));
                run.Train(parsed, terminal, model,
                    data.Mixed(new TranslationTask(training, held, model, (MarianTokenizer)TrainingCommandLine.Tokenizer(model))),
                        cancellation);
                if (held.Count > 0)
                {
                    TextPair[] judged = [.. held.Take(Judged)];
                    var stored = (IGenerator)ModelLoader.Load(run.Folder(parsed, terminal));
                    IReadOnlyList<Metric> scores = TranslationTask.Judge(stored, judged, cancellation);
                    terminal.Output.WriteLine($"{judged.Length} held-out texts, {stored.GenerationDefaults.NumBeams} beams: "
                        + $"{string.Join(", ", scores.Select(score => FormattableString.Invariant($"{score.Name} {score.Value:F1}")))}");
                }
            }));
    }

    private static Verb Questions(Terminal terminal)
    {
        var run = new TrainingCommandLine("""UTF-8 lines of JSON {"context": …, "question": …, "answer": …}; may be given several times.""");
        return new Verb("qa", "Trains a BERT that finds the answer to a question in a text.", """
            vitrine train qa --data questions.jsonl --out my-reader
            vitrine train qa --data questions.jsonl --positions 256 --layers 4 --out my-reader
            """)
            .With(run.Symbols)
            .Does(run.Alone(terminal, (parsed, cancellation) =>
            {
                (IReadOnlyList<AnsweredQuestion> training, IReadOnlyList<AnsweredQuestion> held) =
                    run.Split(parsed, run.Files(parsed, terminal).SelectMany(TextLines.Questions), question =>
                        question.Group ?? question.Context);
                ITransformer model = run.Model(parsed, terminal, ModelTask.QuestionAnswering, (folder, sizes, vocab) => NewModel.Bert(
                    folder, "BertForQuestionAnswering", WordPieceTrainer.Train(training.SelectMany(q => new[] { q.Context, q.Question }),
                        vocab), sizes, []));
                run.Train(parsed, terminal, model, new QuestionAnsweringTask(training, held, model, TrainingCommandLine.Tokenizer(model)),
                    cancellation);
            }));
    }

    private static Verb Masks(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 text, one example a line; may be given several times.");
        return new Verb("mlm", "Trains a BERT that predicts masked words.", """
            vitrine train mlm --data sentences.txt --out my-bert
            vitrine train mlm --data sentences.txt --from my-bert --learning-rate 1e-4 --out longer
            """)
            .With(run.Symbols)
            .Does(run.Alone(terminal, (parsed, cancellation) =>
            {
                (IReadOnlyList<string> training, IReadOnlyList<string> held) =
                    run.Split(parsed, run.Files(parsed, terminal).SelectMany(TextLines.Read), text => text);
                ITransformer model = run.Model(parsed, terminal, ModelTask.MaskedLanguageModel, (folder, sizes, vocab) => NewModel.Bert(
                    folder, "BertForMaskedLM", WordPieceTrainer.Train(training, vocab), sizes, []));
                run.Train(parsed, terminal, model, new MaskedLanguageTask(training, held, model, TrainingCommandLine.Tokenizer(model)),
                    cancellation);
            }));
    }
}
