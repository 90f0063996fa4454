using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>A task whose examples are the same in every epoch, and whose loss is the cross-entropy of the model's logits.</summary>
/// <typeparam name="T">One example, tokenized.</typeparam>
public abstract class ExampleTask<T> : ITrainingTask
{
    private protected ExampleTask()
    {
    }

    /// <inheritdoc/>
    public abstract string Description { get; }

    private protected T[] Training { get; init; } = [];

    private protected T[] Held { get; init; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<int> Begin(int epoch, int seed) => [.. Training.Select(Length)];

    /// <inheritdoc/>
    public TrainingBatch Batch(IReadOnlyList<int> examples) => Batch([.. examples.Select(i => Training[i])]);

    /// <inheritdoc/>
    public virtual Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing) =>
        model.Forward(batch.Input).CrossEntropy(batch.Targets, labelSmoothing: labelSmoothing);

    /// <summary>Nats per target, and part of the targets that are the most probable.</summary>
    /// <inheritdoc/>
    public virtual IReadOnlyList<Metric> Evaluate(ITransformer model)
    {
        (double loss, int right, int count) = (0, 0, 0);
        foreach (T[] examples in Held.OrderBy(Length).Chunk(Rows.EvaluationBatch))
        {
            TrainingBatch batch = Batch(examples);
            (double l, int r, int n) = Rows.Judge(model.Forward(batch.Input), batch.Targets.ToIntArray());
            (loss, right, count) = (loss + l, right + r, count + n);
        }
        return count == 0 ? [] : [new("loss", loss / count, false), new("accuracy", (double)right / count, true)];
    }

    /// <summary>Tokens of an example.</summary>
    private protected abstract int Length(T example);

    /// <summary>Examples, padded to one length.</summary>
    private protected abstract TrainingBatch Batch(T[] examples);
}
