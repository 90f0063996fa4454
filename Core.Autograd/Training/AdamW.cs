// AdamW: Adam with decoupled weight decay. Loshchilov & Hutter 2019, “Decoupled weight decay regularization”, algorithm 2.
// The step writes into the weights' own memory: a model keeps the tensors it was built with. This is the one place (with
// WeightAverage and Weights.Write) where a tensor changes, so it must happen between tapes: what an open tape has saved
// of a weight would silently become the new value.

using System.Numerics;
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
    private readonly float[][] _mean;
    private readonly float[][] _square;
    private readonly AdamWOptions _options;

    /// <summary>An optimizer of these weights, its state zero.</summary>
    /// <param name="weights">Contiguous float32 tensors on the CPU whose memory may be written: not views of a mapped file.</param>
    /// <param name="options">Constants; null for the defaults.</param>
    /// <exception cref="ShapeException">A weight is not contiguous float32, or lies in a mapped file.</exception>
    public AdamW(IEnumerable<Tensor> weights, AdamWOptions? options = null)
    {
        _weights = Weights.ExpectWritable(weights);
        _options = options ?? new AdamWOptions();
        _mean = [.. _weights.Select(w => new float[w.Floats.Length])];
        _square = [.. _weights.Select(w => new float[w.Floats.Length])];
    }

    /// <inheritdoc/>
    public int Steps { get; private set; }

    /// <summary><c>mean</c> is m, <c>square</c> is v.</summary>
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, float[][]> State => new Dictionary<string, float[][]> { ["mean"] = _mean, ["square"] = _square };

    /// <inheritdoc/>
    public void Resume(int steps) => Steps = steps;

    /// <inheritdoc/>
    public void Step(Gradients gradients, float learningRate, float gradientScale = 1)
    {
        Weights.ExpectNoTape();
        Steps++;
        var step = new StepConstants(_options, Steps, learningRate, gradientScale);
        for (int i = 0; i < _weights.Length; i++)
        {
            float decay = _options.Decays(_weights[i]) ? learningRate * _options.WeightDecay : 0;
            Update(_weights[i], gradients[_weights[i]], _mean[i], _square[i], step, decay);
        }
    }

    private static void Update(Tensor weight, Tensor gradient, float[] mean, float[] square, StepConstants step, float decay) =>
        Workers.For(mean.Length, (from, to) =>
        {
            int count = to - from;
            Span<float> w = weight.Floats.Slice(from, count), m = mean.AsSpan(from, count), v = square.AsSpan(from, count);
            ReadOnlySpan<float> g = gradient.Floats.Slice(from, count);
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> gi = new Vector<float>(g[i..]) * step.GradientScale;
                Vector<float> mi = (new Vector<float>(m[i..]) * step.Beta1) + (gi * (1 - step.Beta1));
                Vector<float> vi = (new Vector<float>(v[i..]) * step.Beta2) + (gi * gi * (1 - step.Beta2));
                Vector<float> wi = new Vector<float>(w[i..]) * (1 - decay);
                wi -= mi * step.Rate / ((Vector.SquareRoot(vi) * step.SquareScale) + new Vector<float>(step.Epsilon));
                mi.CopyTo(m[i..]);
                vi.CopyTo(v[i..]);
                wi.CopyTo(w[i..]);
            }
            for (; i < count; i++)
            {
                float gi = g[i] * step.GradientScale;
                m[i] = (m[i] * step.Beta1) + (gi * (1 - step.Beta1));
                v[i] = (v[i] * step.Beta2) + (gi * gi * (1 - step.Beta2));
                w[i] = (w[i] * (1 - decay)) - (m[i] * step.Rate / ((MathF.Sqrt(v[i]) * step.SquareScale) + step.Epsilon));
            }
        }, grain: 1 << 13);

    /// <summary>What is the same for every element of one step. The bias corrections are folded into the rate and the root.</summary>
    private readonly struct StepConstants(AdamWOptions options, int step, float learningRate, float gradientScale)
    {
        public readonly float Beta1 = options.Beta1;
        public readonly float Beta2 = options.Beta2;
        public readonly float Epsilon = options.Epsilon;
        public readonly float GradientScale = gradientScale;
        public readonly float Rate = (float)(learningRate / (1 - Math.Pow(options.Beta1, step)));
        public readonly float SquareScale = (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step)));
    }
}
