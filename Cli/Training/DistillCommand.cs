using System.CommandLine;
using System.Globalization;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine distill</c>: trains a smaller copy of a model to say what the model says.</summary>
internal static class DistillCommand
{
    public static Verb Create(Terminal terminal)
    {
        var standard = new DistillationOptions();
        var run = new TrainingCommandLine("What the teacher was trained on, in the form of 'vitrine train' for its kind; may be given "
            + "several times.", fresh: false);
        var teacher = new Option<string?>("--teacher") { Description = "Folder of the model to learn from.", HelpName = "folder" };
        var layers = new Option<int?>("--layers") { Description = "Blocks of the student. Default: half of the teacher's.", HelpName =
            "n" };
        var keep = new Option<string?>("--keep") { Description =
            "Which of the teacher's blocks the student's begin as, e.g. 0,3. Default: evenly spaced, the last among them.", HelpName =
                "numbers" };
        var dModel = new Option<int?>("--d-model") { Description =
            "Width of the student, which then begins with random weights. Default: the teacher's.", HelpName = "n" };
        var heads = new Option<int?>("--heads") { Description = "With --d-model: heads per block. Default: heads of the teacher's width.",
            HelpName = "n" };
        var dMlp = new Option<int?>("--d-mlp") { Description =
            "With --d-model: width of the feed-forward layers. Default: four times the student's.", HelpName = "n" };
        var lines = new Option<bool>("--lines") { Description =
            "Of a model that continues texts: every line is a text of its own, and ends with the end of text." };
        var after = new Option<string?>("--after") { Description =
            "With --lines: learn only what follows this token, take the rest as given.", HelpName = "token" };
        var fresh = new Option<bool>("--fresh") { Description = "Begin with random weights instead of the teacher's." };
        var temperature = new Option<float>("--temperature") { Description = "Divides the logits of both.", HelpName = "x",
            DefaultValueFactory = _ => standard.Temperature };
        var hard = new Option<float>("--hard") { Description = "Part of the loss that the true answers have, 0 to 1.", HelpName = "x",
            DefaultValueFactory = _ => standard.Hard };
        var hidden = new Option<float>("--hidden") { Description = "Weight of the difference of hidden states.", HelpName = "x",
            DefaultValueFactory = _ => standard.Hidden };
        var attention = new Option<float>("--attention") { Description = "Weight of the difference of attention patterns.", HelpName = "x",
            DefaultValueFactory = _ => standard.Attention };
        return new Verb("distill", "Trains a model with fewer layers to say what a larger one says. Give the same command again to go on.", """
            vitrine distill --teacher my-classifier --data positive=good.txt --data negative=bad.txt --out half
            vitrine distill --teacher my-gpt2 --data plays.txt --layers 2 --temperature 4 --hard 0.1 --out small
            vitrine distill --teacher my-gpt2 --data sums.txt --lines --after = --d-model 64 --hidden 1 --out narrow
            vitrine distill --teacher my-reader --data questions.jsonl --hidden 1 --attention 1 --out short
            """)
            .With(teacher, layers, keep, dModel, heads, dMlp, fresh, temperature, hard, hidden, attention, lines, after).With(run.Symbols)
            .Does(run.Alone(terminal, (parsed, cancellation) =>
            {
                run.SetThreads(parsed);
                string from = terminal.Resolve(parsed.GetValue(teacher)
                    ?? throw new CommandException(ExitCode.Usage, "teacher: missing; got no --teacher; expected a model's folder."));
                ITransformer large = ModelLoader.Load(from);
                IReadOnlyList<int> blocks = parsed.GetValue(keep) is { } named
                    ? [.. named.Split(',').Select(number =>
                        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int block) ? block : -1)]
                    : Student.Layers(large.Info.NLayers, parsed.GetValue(layers) ?? Math.Max(1, large.Info.NLayers / 2));
                DistillationOptions options = new()
                {
                    Temperature = parsed.GetValue(temperature), Hard = parsed.GetValue(hard), Hidden = parsed.GetValue(hidden), Attention =
                        parsed.GetValue(attention),
                };
                string folder = run.FreeFolder(parsed, terminal);
                if (parsed.GetValue(dModel) is null && (parsed.GetValue(heads) ?? parsed.GetValue(dMlp)) is not null)
                {
                    throw new CommandException(ExitCode.Usage,
                        "d-model: missing; got --heads or --d-mlp alone; expected the student's width together with them. A student of the "
                            + "teacher's width begins as a copy.");
                }
                int width = parsed.GetValue(dModel) ?? large.Info.DModel;
                ITransformer small = width == large.Info.DModel
                    ? Student.Of(from, large, folder, blocks)
                    : Student.Of(from, large, folder, blocks, new()
                    {
                        DModel = width, NHeads = parsed.GetValue(heads) ?? Math.Max(1, width * large.Info.NHeads / large.Info.DModel),
                            DMlp = parsed.GetValue(dMlp),
                    }, run.SeedOf(parsed));
                if (parsed.GetValue(fresh))
                {
                    InitialWeights.Fill(small, run.SeedOf(parsed), 0.5 / Math.Sqrt(small.Info.DModel));
                }
                ITrainingTask task = Task(parsed, run, large, terminal, parsed.GetValue(lines), parsed.GetValue(after));
                run.Train(parsed, terminal, small, new DistillationTask(task, large, blocks, options, small.Info, run.SeedOf(parsed)),
                    cancellation, teacher: from);
            }));
    }

    /// <summary>What the teacher does, as a task on the data.</summary>
    private static ITrainingTask Task(ParseResult parsed, TrainingCommandLine run, ITransformer model, Terminal terminal, bool lines,
        string? after)
    {
        if ((lines && model.Info.Task != ModelTask.CausalLanguageModel) || (after is not null && !lines))
        {
            throw new CommandException(ExitCode.Usage,
                $"lines: of no use; got {(lines ? model.Info.Architecture : "--after without --lines")}; expected a model that "
                    + $"continues texts, and --after together with --lines.");
        }
        ITokenizer tokenizer = TrainingCommandLine.Tokenizer(model);
        string[] files = [.. run.Files(parsed, terminal, labelled: model.Info.Task == ModelTask.SequenceClassification)];
        switch (model.Info.Task)
        {
            case ModelTask.SequenceClassification:
                (IReadOnlyList<LabelledText> texts, IReadOnlyList<LabelledText> judged) =
                    run.Split(parsed, files.SelectMany(TextLines.Labelled), text => text.Text);
                return new ClassificationTask(texts, judged, model, tokenizer);
            case ModelTask.QuestionAnswering:
                (IReadOnlyList<AnsweredQuestion> questions, IReadOnlyList<AnsweredQuestion> asked) =
                    run.Split(parsed, files.SelectMany(TextLines.Questions), q => q.Group ?? q.Context);
                return new QuestionAnsweringTask(questions, asked, model, tokenizer);
            case ModelTask.MaskedLanguageModel:
                (IReadOnlyList<string> sentences, IReadOnlyList<string> held) =
                    run.Split(parsed, files.SelectMany(TextLines.Read), line => line);
                return new MaskedLanguageTask(sentences, held, model, tokenizer);
            case ModelTask.CausalLanguageModel when lines:
                (IReadOnlyList<string> said, IReadOnlyList<string> kept) =
                    run.Split(parsed, files.SelectMany(TextLines.Read), line => line);
                return new LineModelTask(said, kept, model, tokenizer, after);
            case ModelTask.CausalLanguageModel:
                string text = string.Concat(files.Select(TextLines.Whole));
                int cut = (int)(text.Length * (1 - run.HeldOutPart(parsed)));
                return new LanguageModelTask(text[..cut], text[cut..], model, tokenizer);
            case ModelTask.SequenceToSequence:
                (IReadOnlyList<TextPair> pairs, IReadOnlyList<TextPair> others) =
                    run.Split(parsed, files.SelectMany(file => TextLines.Pairs(file, swap: false)), pair => pair.Target);
                return new TranslationTask(pairs, others, model, (MarianTokenizer)tokenizer);
            default:
                throw new CommandException(ExitCode.Model,
                    $"distill: nothing to train; got {model.Info.Architecture}; expected a model that classifies, answers, fills masks, "
                        + $"writes or translates.");
        }
    }
}
