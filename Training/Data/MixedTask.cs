using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// A task whose examples come from several sources, of which an epoch takes different shares: a large uncertain one in part, a small sure
/// one twice. What is
/// taken in part goes round: no example is seen a second time before all of its source were seen once.
/// </summary>
public sealed class MixedTask : ITrainingTask
{
    private readonly ITrainingTask _task;
    private readonly (int Count, double Times)[] _sources;
    private int[] _now = [];

    /// <summary>Mixes.</summary>
    /// <param name="task">A task with the examples of all sources, one source after the other.</param>
    /// <param name="sources">How many examples each source has, and how often an epoch takes each of them.</param>
    public MixedTask(ITrainingTask task, IReadOnlyList<(int Count, double Times)> sources) => (_task, _sources) = (task, [.. sources]);

    /// <inheritdoc/>
    public string Description =>
        FormattableString.Invariant(
            $"{_task.Description}; {string.Join(" + ", _sources.Select(s => FormattableString.Invariant($"{s.Times} of {s.Count}")))}");

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => _task.Parameters;

    /// <inheritdoc/>
    public IReadOnlyList<int> Begin(int epoch, int seed)
    {
        IReadOnlyList<int> lengths = _task.Begin(epoch, seed);
        (List<int> taken, int first) = ([], 0);
        foreach ((int source, (int count, double times)) in _sources.Index())
        {
            long share = (long)Math.Round(times * count);
            for (long i = epoch * share; i < (epoch + 1) * share; i++)
            {
                (long round, long place) = Math.DivRem(i, count);
                taken.Add(first + Order(source, count, (int)round, seed)[place]);
            }
            first += count;
        }
        _now = [.. taken];
        return [.. _now.Select(i => lengths[i])];
    }

    /// <inheritdoc/>
    public TrainingBatch Batch(IReadOnlyList<int> examples) => _task.Batch([.. examples.Select(i => _now[i])]);

    /// <inheritdoc/>
    public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing) => _task.Loss(model, batch, labelSmoothing);

    /// <inheritdoc/>
    public IReadOnlyList<Metric> Evaluate(ITransformer model) => _task.Evaluate(model);

    private (int Source, int Round, int[] Places) _order = (-1, -1, []);

    /// <summary>The order in which a source is gone through for the n-th time.</summary>
    private int[] Order(int source, int count, int round, int seed)
    {
        if ((_order.Source, _order.Round, _order.Places.Length) != (source, round, count))
        {
            int[] places = [.. Enumerable.Range(0, count)];
            RandomAt.Of(seed, source, round).Shuffle(places);
            _order = (source, round, places);
        }
        return _order.Places;
    }
}
