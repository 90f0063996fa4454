using Vitrine.Attributions;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

public class JumpReluTests
{
    /// <summary>
    /// Rajamanoharan et al. 2024: ∂/∂θ of the features is −θ/ε·K, of the count of open ones −1/ε·K; ε = ½, K is 1 within ε/2.
    /// </summary>
    [Fact]
    public void Encode_NearTheThreshold_HasThePapersGradients()
    {
        const int features = 3, k = 2;
        const double variance = 1;
        Tensor threshold = Tensor.From([0.5f, 0.5f, 0.5f], [features]),
            unit = Tensor.From([1f, 0, 0, 0, 1, 0, 0, 0, 1], [features, features]);
        var sae = new SparseAutoencoder(
            new() { DIn = features, DSae = features, Architecture = "jumprelu", K = k, Hook = "h", Model = "m" },
            new Dictionary<string, Tensor>
            {
                ["W_enc"] = unit,
                ["W_dec"] = unit,
                ["b_enc"] = Tensor.Zeros([features]),
                ["b_dec"] = Tensor.Zeros([features]),
                ["threshold"] = threshold,
            });
        Tensor x = Tensor.From([0.6f, 0.2f, 0.9f, 0.4f, -0.3f, 0.7f], [2, features]); // near: 0.6, 0.4, 0.7; open: 0.6, 0.9, 0.7
        var jump = new JumpRelu(k, variance);
        using var tape = new Tape();
        tape.Watch(threshold, x);

        Tensor encoded = jump.Encode(sae, x, out Tensor sparsity);

        Assert.Equal(0.5f, jump.FirstThreshold);
        TensorAssert.Close(encoded.ToArray(), [0.6f, 0, 0.9f, 0, 0, 0.7f]);
        Assert.Equal(Math.Pow((1.5 / k) - 1, 2), sparsity.Item(), 1e-6);
        Gradients ofFeatures = tape.Gradient(encoded.Sum(), threshold, x), ofSparsity = tape.Gradient(sparsity, threshold);
        TensorAssert.Close(ofFeatures[threshold].ToArray(), [-2, 0, -1]);
        TensorAssert.Close(ofFeatures[x].ToArray(), [1, 0, 1, 0, 0, 1]);
        TensorAssert.Close(ofSparsity[threshold].ToArray(), [0.5f, 0, 0.25f]); // 2·(1.5/k − 1)/k · −1/ε · (mean of K over the rows)
    }
}
