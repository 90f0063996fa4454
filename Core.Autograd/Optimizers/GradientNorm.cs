using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>The length of all gradients together, and the factor that keeps it bounded.</summary>
/// <remarks>Source: Pascanu et al. 2013, “On the difficulty of training recurrent neural networks”, algorithm 1.</remarks>
public static class GradientNorm
{
    /// <summary><c>√(Σ g²)</c> over every element of the gradients of <paramref name="weights"/>.</summary>
    public static float Global(Gradients gradients, IEnumerable<Tensor> weights) => Of(gradients, weights).Item();

    /// <summary>The same as a tensor of shape [1] on the weights' device: asking for it waits for nothing.</summary>
    internal static Tensor Of(Gradients gradients, IEnumerable<Tensor> weights) =>
        OptimizerKernels.Norm([.. weights.Select(weight => gradients[weight])]);

    /// <summary>
    /// The factor that brings a norm down to <paramref name="limit"/>: <c>min(1, limit / (norm + 1e-6))</c>, PyTorch's
    /// <c>clip_grad_norm_</c>. NaN for a norm that is NaN.
    /// </summary>
    public static float ClipFactor(float norm, float limit) => MathF.Min(1, limit / (norm + 1e-6f));
}
