using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// An exponential moving average of weights, <c>a ← decay·a + (1−decay)·w</c>: it generalises better than the last step,
/// whose weights still carry the noise of the last batches.
/// </summary>
/// <remarks>Source: Polyak &amp; Juditsky 1992; the short-run decay <c>min(decay, (1+n)/(10+n))</c> is TensorFlow's.</remarks>
public sealed class WeightAverage
{
    private readonly Tensor[] _weights;
    private readonly Tensor[] _average;
    private readonly float _decay;

    /// <summary>An average that starts at the weights' present values.</summary>
    /// <param name="weights">The weights an optimizer changes.</param>
    /// <param name="decay">In [0, 1): 0.999 averages over about the last 1,000 steps.</param>
    public WeightAverage(IEnumerable<Tensor> weights, float decay)
    {
        if (decay is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "weight average: decay must lie in [0, 1).");
        }
        _weights = Weights.ExpectWritable(weights);
        _decay = decay;
        _average = [.. _weights.Select(Layout.Copy)];
    }

    /// <summary>How often the weights were taken in.</summary>
    public int Updates { get; private set; }

    /// <summary>The averages themselves, one per weight, on its device: what a checkpoint holds, and overwrites when it is read.</summary>
    public IReadOnlyList<Tensor> State => _average;

    /// <summary>Goes on after a checkpoint was read into <see cref="State"/>.</summary>
    /// <param name="updates">What <see cref="OptimizerKernels"/> was.</param>
    public void Resume(int updates) => Updates = updates;

    /// <summary>Takes in the weights after a step.</summary>
    public void Update()
    {
        Updates++;
        float keep = MathF.Min(_decay, (1f + Updates) / (10 + Updates));
        for (int i = 0; i < _weights.Length; i++)
        {
            OptimizerKernels.Average(_average[i], _weights[i], 1 - keep);
        }
    }

    /// <summary>
    /// Exchanges average and weights in place: the model now computes with the average. Exchange again to train on. No tape may be open.
    /// </summary>
    /// <exception cref="InvalidOperationException">A tape is open.</exception>
    public void Swap()
    {
        Weights.ExpectNoTape();
        for (int i = 0; i < _weights.Length; i++)
        {
            OptimizerKernels.Exchange(_weights[i], _average[i]);
        }
    }
}
