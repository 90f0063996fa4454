// AdamW: Adam with decoupled weight decay. Loshchilov & Hutter 2019, “Decoupled weight decay regularization”, algorithm 2.
// The step writes into the weights' own memory, wherever that is: a model keeps the tensors it was built with. Read Ops/Training next.
using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// The AdamW optimizer over a fixed list of weights:
/// <c>m ← β₁m + (1−β₁)g</c>, <c>v ← β₂v + (1−β₂)g²</c>,
/// <c>w ← w − lr·λ·w − lr · (m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε)</c>.
/// </summary>
/// <remarks>Equal to <c>torch.optim.AdamW</c>. Two float32 numbers of state per weight element.</remarks>
public sealed class AdamW : IOptimizer
{
    private readonly Tensor[] _weights;
    private readonly Tensor[] _mean;
    private readonly Tensor[] _square;
    private readonly AdamWOptions _options;

    /// <summary>An optimizer of these weights, its state zero.</summary>
    /// <param name="weights">Contiguous float32 tensors of one device whose memory may be written: not views of a mapped file.</param>
    /// <param name="options">Constants; null for the defaults.</param>
    /// <exception cref="ShapeException">A weight is not contiguous float32, or lies in a mapped file.</exception>
    public AdamW(IEnumerable<Tensor> weights, AdamWOptions? options = null)
    {
        _weights = Weights.ExpectWritable(weights);
        _options = options ?? new AdamWOptions();
        _mean = [.. _weights.Select(w => Layout.Zeros(w.Shape, w.Device))];
        _square = [.. _weights.Select(w => Layout.Zeros(w.Shape, w.Device))];
    }

    /// <inheritdoc/>
    public int Steps { get; private set; }

    /// <summary><c>mean</c> is m, <c>square</c> is v.</summary>
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IReadOnlyList<Tensor>> State =>
        new Dictionary<string, IReadOnlyList<Tensor>> { ["mean"] = _mean, ["square"] = _square };

    /// <inheritdoc/>
    public void Resume(int steps) => Steps = steps;

    /// <inheritdoc/>
    public void Step(Gradients gradients, float learningRate, float gradientScale = 1)
    {
        Weights.ExpectNoTape();
        Steps++;
        var step = new AdamWStep(gradientScale, _options.Beta1, _options.Beta2,
            Rate: (float)(learningRate / (1 - Math.Pow(_options.Beta1, Steps))),
            SquareScale: (float)(1 / Math.Sqrt(1 - Math.Pow(_options.Beta2, Steps))), _options.Epsilon, Decay: 0);
        for (int i = 0; i < _weights.Length; i++)
        {
            float decay = _options.Decays(_weights[i]) ? learningRate * _options.WeightDecay : 0;
            OptimizerKernels.AdamW(_weights[i], gradients[_weights[i]], _mean[i], _square[i], step with { Decay = decay });
        }
    }
}
