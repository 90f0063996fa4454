using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>What a model is to learn: examples, the loss on them, and how good it has become on others.</summary>
/// <remarks>
/// Everything random in it is a function of epoch, example and seed: a task remembers nothing that a checkpoint would have to hold.
/// </remarks>
public interface ITrainingTask
{
    /// <summary>One line that tells this task and its data from others: a checkpoint goes on only under the same.</summary>
    string Description { get; }

    /// <summary>
    /// What is learned together with the model and not kept with it, as a projection between two widths; none by default.
    /// </summary>
    IReadOnlyList<Parameter> Parameters => [];

    /// <summary>Makes the examples of an epoch, as many in each.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="seed">The training's seed.</param>
    /// <returns>Tokens per example: batches hold examples of similar length.</returns>
    IReadOnlyList<int> Begin(int epoch, int seed);

    /// <summary>Some examples of the epoch that was begun, padded to one length.</summary>
    TrainingBatch Batch(IReadOnlyList<int> examples);

    /// <summary>Mean loss over what the batch counts, a scalar in nats.</summary>
    Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing);

    /// <summary>
    /// How good the model is on examples it does not learn from; the first number decides which weights are kept. Empty when there are
    /// none.
    /// </summary>
    IReadOnlyList<Metric> Evaluate(ITransformer model);
}

/// <summary>Examples as a model reads them.</summary>
/// <param name="Input">What goes in.</param>
/// <param name="Targets">What should come out: int32 classes, or float32 probabilities.</param>
/// <param name="Count">How many targets the mean loss is over: batches that are added up weigh by it.</param>
/// <param name="Tokens">Tokens that are not padding.</param>
public sealed record TrainingBatch(ModelInput Input, Tensor Targets, int Count, int Tokens);

/// <summary>A number that says how good a model is.</summary>
/// <param name="Name">In snake_case: <c>loss</c>, <c>accuracy</c>.</param>
/// <param name="Value">Nats for losses, 0–1 for parts.</param>
/// <param name="HigherIsBetter">Which way is up.</param>
public readonly record struct Metric(string Name, double Value, bool HigherIsBetter);
