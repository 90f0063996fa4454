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
        var teacher = Declare.Value<string?>("--teacher", "folder", "Folder of the model to learn from.");
        var layers = Declare.Value<int?>("--layers", "n", "Blocks of the student. Default: half of the teacher's.");
        var keep = Declare.Value<string?>("--keep", "numbers",
            "Which of the teacher's blocks the student's begin as, e.g. 0,3. Default: evenly spaced, the last among them.");
        var dModel = Declare.Value<int?>("--d-model", "n",
            "Width of the student, which then begins with random weights. Default: the teacher's.");
        var heads = Declare.Value<int?>("--heads", "n", "With --d-model: heads per block. Default: heads of the teacher's width.");
        var dMlp = Declare.Value<int?>("--d-mlp", "n",
            "With --d-model: width of the feed-forward layers. Default: four times the student's.");
        var lines = Declare.Flag("--lines",
            "Of a model that continues texts: every line is a text of its own, and ends with the end of text.");
        var after = Declare.Value<string?>("--after", "token", "With --lines: learn only what follows this token, take the rest as given.");
        var fresh = Declare.Flag("--fresh", "Begin with random weights instead of the teacher's.");
        var temperature = Declare.Value<float>("--temperature", "x", "Divides the logits of both.", standard.Temperature);
        var hard = Declare.Value<float>("--hard", "x", "Part of the loss that the true answers have, 0 to 1.", standard.Hard);
        var hidden = Declare.Value<float>("--hidden", "x", "Weight of the difference of hidden states.", standard.Hidden);
        var attention = Declare.Value<float>("--attention", "x", "Weight of the difference of attention patterns.", standard.Attention);
        return new Verb("distill", "Trains a model with fewer layers to say what a larger one says. Give the same command again to go on.", """
            vitrine distill --teacher my-classifier --data positive=good.txt --data negative=bad.txt --out half
            vitrine distill --teacher my-gpt2 --data plays.txt --layers 2 --temperature 4 --hard 0.1 --out small
            vitrine distill --teacher my-gpt2 --data sums.txt --lines --after = --d-model 64 --hidden 1 --out narrow
            vitrine distill --teacher my-reader --data questions.jsonl --hidden 1 --attention 1 --out short
            """)
            .With(teacher, layers, keep, dModel, heads, dMlp, fresh, temperature, hard, hidden, attention, lines, after).With(run.Symbols)
            .Does((parsed, cancellation) =>
            {
                string from = terminal.Resolve(parsed.GetValue(teacher)
                    ?? throw new CommandException(ExitCode.Usage, "teacher: missing; got no --teacher; expected a model's folder."));
                TrainingJob job = run.Job(parsed, terminal) with
                {
                    Teacher = from,
                    Lines = parsed.GetValue(lines),
                    After = parsed.GetValue(after),
                };
                using IDisposable own = job.Own();
                ITransformer large = ModelLoader.Load(from);
                ModelSource.Tell(large.Notices, terminal);
                IReadOnlyList<int> blocks = parsed.GetValue(keep) is { } named
                    ? [.. named.Split(',').Select(number =>
                        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int block) ? block : -1)]
                    : Student.Layers(large.Info.NLayers, parsed.GetValue(layers) ?? Math.Max(1, large.Info.NLayers / 2));
                if (parsed.GetValue(dModel) is null && (parsed.GetValue(heads) ?? parsed.GetValue(dMlp)) is not null)
                {
                    throw new CommandException(ExitCode.Usage,
                        "d-model: missing; got --heads or --d-mlp alone; expected the student's width together with them. A student of the "
                        + "teacher's width begins as a copy.");
                }
                (int width, int seed) = (parsed.GetValue(dModel) ?? large.Info.DModel, job.Options.Seed);
                ITransformer small = width == large.Info.DModel
                    ? Student.Of(from, large, job.Folder, blocks)
                    : Student.Of(from, large, job.Folder, blocks, new()
                    {
                        DModel = width,
                        NHeads = parsed.GetValue(heads) ?? Math.Max(1, width * large.Info.NHeads / large.Info.DModel),
                        DMlp = parsed.GetValue(dMlp),
                    }, seed);
                if (parsed.GetValue(fresh))
                {
                    InitialWeights.Fill(small, seed, 0.5 / Math.Sqrt(small.Info.DModel));
                }
                DistillationOptions options = new()
                {
                    Temperature = parsed.GetValue(temperature),
                    Hard = parsed.GetValue(hard),
                    Hidden = parsed.GetValue(hidden),
                    Attention = parsed.GetValue(attention),
                };
                TrainingRun.Of(job, small, new DistillationTask(job.TaskOf(large), large, blocks, options, small.Info, seed), terminal,
                    cancellation);
            });
    }
}
