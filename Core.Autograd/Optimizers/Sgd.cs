// Stochastic gradient descent with momentum. Robbins & Monro 1951; Polyak 1964. Changes weights in place, as AdamW does: read there why
// that is safe.
using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// Gradient descent over a fixed list of weights: <c>g ← g + λ·w</c>, <c>m ← μ·m + g</c>, <c>w ← w − lr·m</c>.
/// </summary>
/// <remarks>Equal to <c>torch.optim.SGD</c> without dampening. One float32 number of state per weight element.</remarks>
public sealed class Sgd : IOptimizer
{
    private readonly Tensor[] _weights;
    private readonly Tensor[] _momentum;
    private readonly float _keep, _decay;
    private readonly Func<Tensor, bool> _decays;

    /// <summary>An optimizer of these weights, at rest.</summary>
    /// <param name="weights">Contiguous float32 tensors of one device whose memory may be written: not views of a mapped file.</param>
    /// <param name="momentum">μ, in [0, 1); 0 is plain gradient descent.</param>
    /// <param name="weightDecay">λ, at least 0.</param>
    /// <param name="decays">Which weights decay; null for all.</param>
    /// <exception cref="ShapeException">A weight is not contiguous float32, or lies in a mapped file.</exception>
    public Sgd(IEnumerable<Tensor> weights, float momentum = 0, float weightDecay = 0, Func<Tensor, bool>? decays = null)
    {
        if (momentum is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "sgd: momentum must lie in [0, 1).");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(weightDecay);
        _weights = Weights.ExpectWritable(weights);
        _momentum = [.. _weights.Select(w => Layout.Zeros(w.Shape, w.Device))];
        (_keep, _decay, _decays) = (momentum, weightDecay, decays ?? (static _ => true));
    }

    /// <inheritdoc/>
    public int Steps { get; private set; }

    /// <summary><c>momentum</c> is m.</summary>
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IReadOnlyList<Tensor>> State =>
        new Dictionary<string, IReadOnlyList<Tensor>> { ["momentum"] = _momentum };

    /// <inheritdoc/>
    public void Resume(int steps) => Steps = steps;

    /// <inheritdoc/>
    public void Step(Gradients gradients, float learningRate, float gradientScale = 1)
    {
        Weights.ExpectNoTape();
        Steps++;
        for (int i = 0; i < _weights.Length; i++)
        {
            OptimizerKernels.Sgd(_weights[i], gradients[_weights[i]], _momentum[i], _keep, gradientScale, _decays(_weights[i])
                ? _decay : 0, learningRate);
        }
    }
}
