using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>What a step function sees: for every example and target one row of logits, and the class that is asked about.</summary>
public sealed class StepRows
{
    private readonly Func<Tensor> _logits;
    private readonly Func<Tensor>? _logit;

    /// <summary>Rows that are computed when first asked for.</summary>
    /// <param name="ids">The class or token of each target. <c>[target]</c></param>
    /// <param name="options">What contrastive steps compare with.</param>
    /// <param name="logits">Makes <see cref="Logits"/>.</param>
    /// <param name="logit">A cheaper way to <see cref="Logit"/>, where there is one.</param>
    internal StepRows(int[] ids, StepOptions options, Func<Tensor> logits, Func<Tensor>? logit = null) =>
        (Ids, Options, _logits, _logit) = (ids, options, logits, logit);

    /// <summary>The class or token asked about. <c>[target]</c></summary>
    public int[] Ids { get; }

    /// <summary>What was asked for.</summary>
    public StepOptions Options { get; }

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

    /// <summary>
    /// The other side of a contrastive step: the contrast class in these rows, or in those of another input; the same class where
    /// only the input differs.
    /// </summary>
    public StepRows Contrast => field ??= new StepRows([.. Options.ContrastIds ?? Ids], Options, () =>
        Options.ContrastLogits?.Expand(Logits.Shape) ?? Logits);

    /// <summary>The rows of the same input under dropout, one per sample; for steps that say that they read them.</summary>
    /// <exception cref="VitrineException">The step function does not.</exception>
    public IReadOnlyList<StepRows> Noisy
    {
        get => field ?? throw new VitrineException($"{Options.Function.Name}: no forwards under dropout were made; expected a step "
            + $"function with ReadsNoisyRows = true.");
        private set;
    }

    /// <summary>The same with rows under dropout.</summary>
    internal StepRows With(IReadOnlyList<StepRows> noisy)
    {
        Noisy = noisy;
        return this;
    }

    /// <summary>One number per row.</summary>
    /// <param name="rows"><c>[batch, target, class]</c></param>
    /// <param name="ids">Which class of each target. <c>[target]</c></param>
    /// <returns><c>[batch, target]</c></returns>
    public static Tensor Pick(Tensor rows, ReadOnlySpan<int> ids)
    {
        int[] places = new int[rows.Shape[0] * ids.Length];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = ids[i % ids.Length];
        }
        return rows.Pick(Tensor.From(places, [rows.Shape[0], ids.Length]));
    }
}
