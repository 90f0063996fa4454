// The training loop. Read it top to bottom: set up, run, one step, evaluate. Everything that is learned is in ITrainingTask, everything
// that is chosen in TrainingOptions.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>Trains a model on a task, keeps the best weights, and can be cut off at any moment and go on to the same bits.</summary>
/// <remarks>
/// In the folder it writes <c>model.safetensors</c> (float16, the best weights so far), and below <c>training/</c> the checkpoint and the
/// log
/// <c>log.jsonl</c>. Every file is replaced atomically. What is random is a function of the seed and the step, so a checkpoint
/// holds no generators.
/// </remarks>
public sealed class Trainer
{
    private readonly ITransformer _model;
    private readonly ITrainingTask _task;
    private readonly TrainingOptions _options;
    private readonly Parameter[] _parameters;
    private readonly Tensor[] _weights;
    private readonly IOptimizer _optimizer;
    private readonly WeightAverage? _average;
    private readonly LearningRateSchedule _schedule;
    private readonly TrainingFile _saved;
    private readonly string _folder;
    private readonly IReadOnlyDictionary<string, string> _origin;
    private readonly Action<ITransformer, string> _keep;
    private readonly int _stepsPerEpoch, _steps;

    /// <summary>Prepares a training.</summary>
    /// <param name="model">The model; its weights are replaced by copies that may be written, on the device where they are. All steps are
    /// taken there.</param>
    /// <param name="task">What it learns.</param>
    /// <param name="options">How.</param>
    /// <param name="folder">An existing folder with the model's config and tokenizer, where weights, checkpoint and log go.</param>
    /// <param name="keep">Writes the best weights into the folder; null: <c>model.safetensors</c> in float16.</param>
    /// <param name="origin">What decides the result and is seen neither in the options nor in the model, by name: hashes of data and of the
    /// models it begins with. A checkpoint of others is refused.</param>
    /// <exception cref="TrainingException">There is nothing to learn from, or a name of <see cref="TrainingOptions.Frozen"/> matches no
    /// parameter.</exception>
    public Trainer(ITransformer model, ITrainingTask task, TrainingOptions options, string folder,
        Action<ITransformer, string>? keep = null, IReadOnlyDictionary<string, string>? origin = null)
    {
        (_model, _task, _options, _folder, _origin) = (model, task, options, folder, origin ?? new Dictionary<string, string>());
        _keep = keep ?? ((trained, into) => ParameterLayout.Save(trained, Path.Combine(into, "model.safetensors"), WeightType.F16));
        foreach (Parameter parameter in model.Parameters.Concat(task.Parameters))
        {
            parameter.Value = Layout.Copy(parameter.Value).AsWeight();
        }
        string? unmatched = options.Frozen.FirstOrDefault(pattern => !model.Parameters.Any(p => Pattern.Matches(pattern, p.Name)));
        if (unmatched is not null)
        {
            throw new TrainingException($"train: no parameter to freeze; got '{unmatched}'; "
                + $"expected a name like {model.Parameters[^1].Name}, or a pattern.");
        }
        _parameters = [.. model.Parameters.Where(p => !p.IsBuffer && !options.Frozen.Any(pattern => Pattern.Matches(pattern, p.Name))),
            .. task.Parameters];
        _weights = [.. _parameters.Select(p => p.Value)];
        _optimizer = options.Optimizer == OptimizerKind.AdamW
            ? new AdamW(_weights, new() { Beta2 = options.Beta2, WeightDecay = options.WeightDecay, Decays = AdamWOptions.MatricesOnly })
            : new Sgd(_weights, options.Momentum, options.WeightDecay, AdamWOptions.MatricesOnly);
        _average = options.AverageDecay > 0 ? new WeightAverage(_weights, options.AverageDecay) : null;
        int examples = task.Begin(0, options.Seed).Count;
        if (examples == 0)
        {
            throw new TrainingException("train: nothing to learn from; got no example; expected at least one. "
                + "Check the data and the part that is held out.");
        }
        _stepsPerEpoch = Ceiling(Ceiling(examples, options.BatchSize), options.Accumulate);
        _steps = options.Steps > 0 ? options.Steps : options.Epochs * _stepsPerEpoch;
        _schedule = new(options.LearningRate, (int)(options.WarmUp * _steps), _steps, options.Decay);
        Directory.CreateDirectory(Path.Combine(folder, "training"));
        _saved = new(Path.Combine(folder, "training", "checkpoint.safetensors"), Settings());
    }

    /// <summary>The log.</summary>
    public string LogPath => Path.Combine(_folder, "training", "log.jsonl");

    /// <summary>Trains to the end, from the checkpoint if there is one.</summary>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Asks to stop: a checkpoint is written after the step that runs.</param>
    /// <exception cref="TrainingException">The loss is not a number, the checkpoint is of another training, or another process trains into
    /// the folder.</exception>
    public TrainingResult Run(IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        using WriterLock own = Own();
        TrainingState state = _saved.Load(_parameters, _optimizer, _average) ?? new();
        using TrainingLog log = TrainingLog.Open(LogPath, state.Step);
        (var clock, long tokens, int began, double sum, int summed) = (Stopwatch.StartNew(), 0L, state.Step, 0.0, 0);
        (int epoch, int[][] batches) = (-1, []);
        while (state.End is null)
        {
            (int now, int index) = int.DivRem(state.Step, _stepsPerEpoch);
            if (now != epoch)
            {
                (epoch, batches) = (now, Batching.Of(_task.Begin(now, _options.Seed), _options.BatchSize, RandomAt.Of(_options.Seed, now)));
            }
            Done done = Step(batches.AsSpan(index * _options.Accumulate,
                Math.Min(_options.Accumulate, batches.Length - (index * _options.Accumulate))), state.Step, index);
            state = state with { Step = state.Step + 1 };
            log.Step(state.Step, epoch + 1, done.Loss, done.LearningRate, done.GradientNorm, done.Tokens, done.Seconds);
            (tokens, sum, summed) = (tokens + done.Tokens, sum + done.Loss, summed + 1);

            bool last = state.Step == _steps || state.Step == _options.StopAt;
            IReadOnlyList<Metric> metrics = [];
            if (last || state.Step % (_options.EvaluateEvery > 0 ? _options.EvaluateEvery : _stepsPerEpoch) == 0)
            {
                (state, metrics) = Evaluate(state, log);
                bool early = _options.Patience > 0 && state.SinceBest >= _options.Patience;
                state = state with { End = last ? TrainingEnd.Completed : early ? TrainingEnd.StoppedEarly : null };
            }
            double seconds = clock.Elapsed.TotalSeconds;
            progress?.Report(new(state.Step, _steps, epoch + 1, sum / summed, done.LearningRate, tokens / seconds,
                TimeSpan.FromSeconds(seconds / (state.Step - began) * (_steps - state.Step)), metrics));
            if (metrics.Count > 0)
            {
                (sum, summed) = (0, 0);
            }
            if (state.End is not null || cancellation.IsCancellationRequested || state.Step % _options.SaveEvery == 0)
            {
                _saved.Save(state, _parameters, _optimizer, _average);
            }
            if (state.End is null && cancellation.IsCancellationRequested)
            {
                return new(TrainingEnd.Interrupted, state.Step, state.Best, state.BestStep);
            }
        }
        return new(state.End.Value, state.Step, state.Best, state.BestStep);
    }

    private Done Step(ReadOnlySpan<int[]> batches, int step, int index)
    {
        var clock = Stopwatch.StartNew();
        TrainingBatch[] parts = new TrainingBatch[batches.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = _task.Batch(batches[i]);
        }
        int count = parts.Sum(part => part.Count);
        (Tensor? sum, Gradients? gradients) = (null, null);
        for (int i = 0; i < parts.Length; i++)
        {
            (Tensor loss, Gradients part) = Learn(parts[i], (float)parts[i].Count / count, RandomAt.Seed(_options.Seed, step, i));
            (sum, gradients) = sum is null || gradients is null ? (loss, part) : (sum + loss, gradients.Plus(part));
        }
        if (sum is null || gradients is null)
        {
            throw new TrainingException($"train: an empty batch at step {step + 1}.");
        }
        // The one time that a step waits for the device, and before the weights change: they stay good if this is no number.
        float[] told = TensorOps.Concat(0, sum.Reshape([1]), GradientNorm.Of(gradients, _weights)).ToArray();
        (float value, float norm) = (told[0], told[1]);
        if (!float.IsFinite(value) || !float.IsFinite(norm))
        {
            throw Diverged(value, norm, step, index, batches);
        }
        float rate = _schedule.At(step + 1 == _steps ? step : step + 1);
        _optimizer.Step(gradients, rate, _options.GradientLimit > 0 ? GradientNorm.ClipFactor(norm, _options.GradientLimit) : 1);
        _average?.Update();
        return new(value, norm, rate, parts.Sum(part => part.Tokens), clock.Elapsed.TotalSeconds);
    }

    /// <summary>A batch's part of the loss and what it does to the gradients.</summary>
    private (Tensor Loss, Gradients Gradients) Learn(TrainingBatch batch, float part, int seed)
    {
        using var tape = new Tape();
        tape.Watch(_weights);
        using HookScope dropping = Dropping.In(_model, _options.Dropout, seed);
        Tensor loss = _task.Loss(_model, batch, _options.LabelSmoothing).Scale(part);
        return (loss, tape.Gradient(loss, _weights));
    }

    /// <summary>Evaluates with the averaged weights, and keeps them if they are the best so far.</summary>
    private (TrainingState State, IReadOnlyList<Metric> Metrics) Evaluate(TrainingState state, TrainingLog log)
    {
        _average?.Swap();
        IReadOnlyList<Metric> metrics = _task.Evaluate(_model);
        state = state.Judged(metrics, out bool better);
        if (better)
        {
            _keep(_model, _folder);
        }
        _average?.Swap();
        log.Evaluation(state.Step, metrics, better);
        return (state, metrics);
    }

    private TrainingException Diverged(float loss, float norm, int step, int index, ReadOnlySpan<int[]> batches)
    {
        string examples = string.Join(", ", batches.ToArray().SelectMany(batch => batch).Take(8));
        string kept = File.Exists(_saved.Path) ? $"The last good checkpoint is kept: {_saved.Path}." : "No checkpoint was written yet.";
        return new(string.Create(CultureInfo.InvariantCulture,
            $"train: not a number; got loss {loss} and gradient norm {norm} at step {step + 1} (epoch {(step / _stepsPerEpoch) + 1}, "
            + $"batch {index + 1}, examples {examples}, …); expected finite numbers. {kept} Lower the learning rate, lengthen the warm-up, "
            + $"or look at those examples."));
    }

    private WriterLock Own()
    {
        try
        {
            return WriterLock.Take(LogPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"train: cannot write into '{_folder}'; {e.Message.TrimEnd('.')}. Wait for it, or train into "
                + "another folder.", e);
        }
    }

    private Dictionary<string, string> Settings()
    {
        using JsonDocument json = JsonSerializer.SerializeToDocument(_options);
        Dictionary<string, string> settings = json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText());
        settings["Task"] = _task.Description;
        foreach ((string name, string value) in _origin)
        {
            settings[name] = value;
        }
        settings["Model"] = $"{_model.Info.Architecture} with {_model.Parameters.Sum(p => (long)p.Value.Shape.Elements)} parameters";
        return settings;
    }

    private static int Ceiling(int count, int size) => (count + size - 1) / size;

    /// <summary>What a step reports.</summary>
    private readonly record struct Done(float Loss, float GradientNorm, float LearningRate, int Tokens, double Seconds);
}
