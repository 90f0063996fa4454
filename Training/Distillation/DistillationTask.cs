// Distillation: a student learns from a teacher's probabilities in addition to the true answers (Hinton, Vinyals and Dean 2015), and from
// what happens inside it: hidden states (Jiao et al. 2020, TinyBERT) and attention patterns (Wang et al. 2020, MiniLM). Any task will do.
using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// A task whose loss is hard·L + (1 − hard)·T²·KL(teacher ‖ student) + hidden·‖h − h′‖²/d + attention·KL(pattern ‖ pattern′), means over
/// what the task counts, over tokens that are not padding, and over blocks and heads. L is the task's own loss, and both distributions of
/// the first divergence are softmax(logits / T). Where the student is narrower than the teacher, h is h·P with a matrix P that
/// is learned together with it.
/// </summary>
public sealed class DistillationTask : ITrainingTask
{
    private const string Residual = "hook_resid_post", Scores = "hook_attn_scores";

    private readonly ITrainingTask _task;
    private readonly ITransformer _teacher;
    private readonly IReadOnlyList<int> _keep;
    private readonly DistillationOptions _options;
    private readonly Parameter? _projection;

    /// <summary>Puts a teacher next to a task.</summary>
    /// <param name="task">What the student learns.</param>
    /// <param name="teacher">A model that does it already.</param>
    /// <param name="keep">Which of its blocks each of the student's stands for.</param>
    /// <param name="options">What is taken from it.</param>
    /// <param name="student">The student's sizes; null: as wide as the teacher.</param>
    /// <param name="seed">Of the projection, if there is one.</param>
    /// <exception cref="TrainingException">Attention patterns of different numbers of heads are to be compared.</exception>
    public DistillationTask(ITrainingTask task, ITransformer teacher, IReadOnlyList<int> keep, DistillationOptions options,
        ModelInfo? student = null, int seed = 1)
    {
        (_task, _teacher, _keep, _options) = (task, teacher, keep, options);
        (int from, int to) = ((student ?? teacher.Info).DModel, teacher.Info.DModel);
        if (options.Attention > 0 && (student ?? teacher.Info).NHeads != teacher.Info.NHeads)
        {
            throw new TrainingException($"distill: attention patterns do not correspond; got a student of {student?.NHeads} heads; "
                + $"expected {teacher.Info.NHeads}, as many as the teacher has. Say so with --heads, or leave --attention out.");
        }
        if (options.Hidden > 0 && from != to)
        {
            var random = RandomAt.Of(seed, from, to);
            // of variance 1/from
            float[] values = [.. Enumerable.Range(0, from * to)
                .Select(_ => (float)(((2 * random.NextDouble()) - 1) * Math.Sqrt(3.0 / from)))];
            _projection = new("distill.P", ParameterKind.Other, new("distill.P"), Tensor.From(values, [from, to]), isBuffer: false);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => _projection is null ? [] : [_projection];

    /// <inheritdoc/>
    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{_task.Description}; from {_teacher.Info.Architecture} with {_teacher.Parameters.Sum(p => (long)p.Shape.Elements)} parameters, "
        + $"blocks {string.Join(',', _keep)}, temperature {_options.Temperature}, hard {_options.Hard}, hidden {_options.Hidden}, "
        + $"attention {_options.Attention}{(_projection is null ? "" : $", through {_projection.Shape}")}");

    /// <inheritdoc/>
    public IReadOnlyList<int> Begin(int epoch, int seed) => _task.Begin(epoch, seed);

    /// <inheritdoc/>
    public TrainingBatch Batch(IReadOnlyList<int> examples) => _task.Batch(examples);

    /// <inheritdoc/>
    public IReadOnlyList<Metric> Evaluate(ITransformer model) => _task.Evaluate(model);

    /// <inheritdoc/>
    public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing)
    {
        string[] inside = [.. model.HookPoints.Select(point => point.Name).Where(name =>
            (_options.Hidden > 0 && name.EndsWith(Residual, StringComparison.Ordinal))
                || (_options.Attention > 0 && name.EndsWith(Scores, StringComparison.Ordinal)))];
        using ActivationCache own = model.Cache(inside), theirs =
            _teacher.Cache([.. inside.Select(name => Student.InTeacher(name, _keep))]);
        Tensor taught;
        using (Recorder.Suspend()) // nothing is learned by the teacher
        {
            taught = _teacher.Forward(batch.Input);
        }
        var student = new LogitsKept(model);
        Tensor loss = _task.Loss(student, batch, labelSmoothing).Scale(_options.Hard);
        loss += Soft(student.Logits, taught, batch.Targets).Scale((1 - _options.Hard) * _options.Temperature * _options.Temperature);
        foreach (string name in inside)
        {
            (Tensor mine, Tensor other) = (own[name], theirs[Student.InTeacher(name, _keep)]);
            bool isScore = name.EndsWith(Scores, StringComparison.Ordinal);
            int of = inside.Count(n => n.EndsWith(isScore ? Scores : Residual, StringComparison.Ordinal));
            mine = !isScore && _projection is not null ? mine.MatMul(_projection.Value) : mine;
            // [batch, pos]
            Tensor perToken = isScore ? other.LogSoftmax().KlDiv(mine.LogSoftmax()).Mean([1]) : (mine - other).Pow(2).Mean([2]);
            Tensor? mask = name.StartsWith("decoder", StringComparison.Ordinal) ? batch.Input.Target?.Mask : batch.Input.Mask;
            loss += OverTokens(perToken, mask).Scale((isScore ? _options.Attention : _options.Hidden) / of);
        }
        return loss;
    }

    /// <summary>KL(teacher ‖ student) at the temperature, mean over the rows that have a target.</summary>
    private Tensor Soft(Tensor student, Tensor teacher, Tensor targets)
    {
        int[] rows = [.. targets.ToIntArray().Index().Where(t => t.Item != Rows.Ignored).Select(t => t.Index)];
        Tensor Probabilities(Tensor logits)
        {
            // Question answering asks for a position out of all: [batch, pos, 2] holds a row per start and one per end.
            Tensor ordered = logits.Shape.Rank == 3 && logits.Shape[..^1] != targets.Shape ? logits.Permute(0, 2, 1) : logits;
            int classes = ordered.Shape[^1];
            return ordered.Reshape([ordered.Shape.Elements / classes, classes]).Gather(Tensor.From(rows, [rows.Length]))
                .Scale(1 / _options.Temperature).LogSoftmax();
        }
        return Probabilities(teacher).KlDiv(Probabilities(student)).Mean();
    }

    private static Tensor OverTokens(Tensor perToken, Tensor? mask)
    {
        if (mask is null)
        {
            return perToken.Mean();
        }
        float[] weights = [.. Masks.Integers(mask).Select(m => (float)m)];
        float count = weights.Sum();
        return (perToken * Tensor.From([.. weights.Select(w => w / count)], perToken.Shape)).Sum();
    }

    /// <summary>A model that remembers what it said last, so that the task's loss and ours share one forward pass.</summary>
    private sealed class LogitsKept(ITransformer model) : ITransformer
    {
        public Tensor Logits { get; private set; } = Tensor.Scalar(0);

        public ModelInfo Info => model.Info;

        public ITokenizer? Tokenizer => model.Tokenizer;

        public IReadOnlyList<HookPoint> HookPoints => model.HookPoints;

        public IReadOnlyList<Parameter> Parameters => model.Parameters;

        public WeightReport Weights => model.Weights;

        public IReadOnlyList<string> Notices => model.Notices;

        public Tensor Embed(Tensor ids) => model.Embed(ids);

        public Tensor Forward(ModelInput input) => Logits = model.Forward(input);
    }
}
