using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// The activation p · [p &gt; θ] with gradients for its threshold, which by itself has none: ∂/∂θ = −θ/ε · K((p − θ)/ε), and of the count
/// of active features −1/ε · K, where K is 1 on (−½, ½). Rajamanoharan et al. 2024, “Jumping ahead”.
/// </summary>
/// <param name="k">How many features should be active per token.</param>
/// <param name="variance">Of the activations, per number: the scale of the error, and of thresholds.</param>
internal sealed class JumpRelu(int k, double variance)
{
    private readonly float _width = (float)(0.5 * Math.Sqrt(variance));

    /// <summary>Where thresholds begin.</summary>
    public float FirstThreshold => _width;

    /// <summary>Features, and variance · (L0/k − 1)².</summary>
    public Tensor Encode(SparseAutoencoder sae, Tensor x, out Tensor sparsity)
    {
        Tensor pre = (x - sae["b_dec"]).MatMul(sae["W_enc"], sae["b_enc"]), threshold = sae["threshold"];
        float[] p = pre.ToArray(), theta = threshold.ToArray();
        int n = theta.Length;
        float[] open = new float[p.Length], kernel = new float[p.Length], slope = new float[p.Length];
        for (int i = 0; i < p.Length; i++)
        {
            float t = theta[i % n];
            open[i] = p[i] > t && p[i] > 0 ? 1 : 0;
            kernel[i] = Math.Abs(p[i] - t) < _width / 2 ? -1 / _width : 0;
            slope[i] = kernel[i] * t;
        }
        Tensor gate = Tensor.From(open, pre.Shape);
        Tensor moved = threshold - Tensor.From(theta, threshold.Shape); // 0 in value, 1 in gradient
        Tensor count = (gate + (Tensor.From(kernel, pre.Shape) * moved)).Sum([-1]).Mean();
        Tensor off = count.Scale(1f / k, -1);
        sparsity = (off * off).Scale((float)variance);
        return (pre * gate) + (Tensor.From(slope, pre.Shape) * moved);
    }
}
