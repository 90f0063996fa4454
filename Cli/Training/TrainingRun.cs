using System.Globalization;
using Vitrine.Drawing;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>A training as a command shows it: a line that moves, a line per evaluation, a curve, and what came of it.</summary>
internal sealed class TrainingRun : IProgress<TrainingProgress>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1); // for the step that runs, and its checkpoint
    private readonly Trainer _trainer;
    private readonly string _title;
    private readonly Terminal _terminal;
    private long _shown;

    private TrainingRun(Trainer trainer, string title, Terminal terminal) => (_trainer, _title, _terminal) = (trainer, title, terminal);

    /// <summary>The model to train; says what should be known of the one that it goes on from.</summary>
    public static ITransformer Start(TrainingJob job, Terminal terminal, ModelTask kind, Action<int> create,
        IReadOnlyList<string>? labels = null)
    {
        (ITransformer model, IReadOnlyList<string> notices) = job.Start(kind, create, labels);
        ModelSource.Tell(notices, terminal);
        return model;
    }

    /// <summary>Trains to the end.</summary>
    /// <exception cref="CommandException">It was interrupted; the checkpoint is written.</exception>
    public static void Of(TrainingJob job, ITransformer model, ITrainingTask task, Terminal terminal, CancellationToken cancellation,
        Action<ITransformer, string>? keep = null)
    {
        Trainer trainer = job.Trainer(model, task, keep, cancellation);
        var run = new TrainingRun(trainer, Path.GetFileName(job.Folder), terminal);
        using var saved = new ManualResetEventSlim();
        // An interrupt waits here until the checkpoint is written: a process that notices nothing for a second would be ended.
        using CancellationTokenRegistration wait = cancellation.Register(() => saved.Wait(s_patience));
        TrainingResult result;
        try
        {
            result = trainer.Run(run, cancellation);
        }
        finally
        {
            saved.Set();
        }
        run.ClearLine();
        run.Draw();
        if (result.End == TrainingEnd.Interrupted)
        {
            throw new CommandException(ExitCode.Cancelled,
                string.Create(CultureInfo.InvariantCulture,
                    $"train: stopped after step {result.Step}; a checkpoint is written. Give the same command again to go on."));
        }
        string why = result.End == TrainingEnd.StoppedEarly ? "no better for long: stopped early, " : "";
        terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"done: {why}{result.Step} steps; kept the weights of step "
                + $"{result.BestStep}{(result.Best.Count > 0 ? $": {Written(result.Best)}" : "")}"));
        if (!Plots.HasFont)
        {
            terminal.Output.WriteLine("loss.svg is not drawn: there is no font (Debian: fonts-dejavu-core)");
        }
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        if (_terminal.ErrorIsInteractive && (value.Step == value.Steps || Environment.TickCount64 - _shown > 200))
        {
            _shown = Environment.TickCount64;
            string line = string.Create(CultureInfo.InvariantCulture,
                $"step {value.Step}/{value.Steps}  epoch {value.Epoch}  loss {value.Loss:F3}  rate {value.LearningRate:0.0e+0}  "
                    + $"{value.TokensPerSecond:N0} tokens/s  left {value.Left:h\\:mm\\:ss}");
            _terminal.Error.Write($"\r\u001b[K{Viz.TextWidth.Cut(line, Math.Max(1, _terminal.Width - 1))}");
            _terminal.Error.Flush();
        }
        if (value.Evaluation.Count > 0)
        {
            ClearLine();
            _terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"step {value.Step}/{value.Steps}  epoch {value.Epoch}  training loss {value.Loss:F4}; held out: "
                    + $"{Written(value.Evaluation)}  ({value.TokensPerSecond:N0} tokens/s, left {value.Left:h\\:mm\\:ss})"));
            _terminal.Output.Flush();
            Draw();
        }
    }

    private void Draw()
    {
        (IReadOnlyList<(int, double)> training, IReadOnlyList<(int, double)> evaluations) = TrainingLog.Read(_trainer.LogPath);
        if (training.Count > 0 && Plots.HasFont)
        {
            OutputFile.Write(Path.Combine(_trainer.LogPath, "..", "loss.svg"),
                Plots.Svg(StatisticCharts.Loss(_title, training, evaluations)), _terminal);
        }
    }

    private void ClearLine()
    {
        if (_terminal.ErrorIsInteractive)
        {
            _terminal.Error.Write("\r\u001b[K");
            _terminal.Error.Flush();
        }
    }

    private static string Written(IReadOnlyList<Metric> metrics) =>
        string.Join(", ", metrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Name} {metric.Value:0.0000}")));
}
