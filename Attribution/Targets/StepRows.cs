using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>What a step function sees: for every example and target one row of logits, and the class that is asked about.</summary>
public sealed class StepRows
{
    private readonly Func<Tensor> _logits;
    private readonly Func<Tensor>? _logit;

    /// <summary>Rows that are computed when first asked for.</summary>
    /// <param name="ids">The class or token of each target. <c>[target]</c></param>
    /// <param name="logits">Makes <see cref="Logits"/>.</param>
    /// <param name="logit">A cheaper way to <see cref="Logit"/>, where there is one.</param>
    internal StepRows(int[] ids, Func<Tensor> logits, Func<Tensor>? logit = null) => (Ids, _logits, _logit) = (ids, logits, logit);

    /// <summary>The class or token asked about. <c>[target]</c></summary>
    public int[] Ids { get; }

    /// <summary>The logits of all classes. <c>[batch, target, class]</c></summary>
    public Tensor Logits => field ??= _logits();

    /// <summary>The logit of the class asked about. <c>[batch, target]</c></summary>
    public Tensor Logit => field ??= _logit?.Invoke() ?? Pick(Logits, Ids);

    /// <summary>ln softmax of the logits. <c>[batch, target, class]</c></summary>
    public Tensor LogProbabilities => field ??= Logits.LogSoftmax();

    /// <summary>ln p of the class asked about. <c>[batch, target]</c></summary>
    public Tensor LogProbability => field ??= Pick(LogProbabilities, Ids);

    /// <summary>Softmax of the logits. <c>[batch, target, class]</c></summary>
    public Tensor Probabilities => field ??= Logits.Softmax();

    /// <summary>p of the class asked about. <c>[batch, target]</c></summary>
    public Tensor Probability => field ??= Pick(Probabilities, Ids);

    /// <summary>One number per row.</summary>
    /// <param name="rows"><c>[batch, target, class]</c></param>
    /// <param name="ids">Which class of each target. <c>[target]</c></param>
    /// <returns><c>[batch, target]</c></returns>
    public static Tensor Pick(Tensor rows, ReadOnlySpan<int> ids)
    {
        (int batch, int targets, int classes) = (rows.Shape[0], rows.Shape[1], rows.Shape[2]);
        int[] places = new int[batch * targets];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = (i * classes) + ids[i % targets];
        }
        // As a table of one-column rows: gather reads what is asked for, and its gradient touches nothing else.
        return rows.Reshape([rows.Shape.Elements, 1]).Gather(Tensor.From(places, [batch, targets])).Reshape([batch, targets]);
    }
}
