using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>The length of all gradients together, and the factor that keeps it bounded.</summary>
/// <remarks>Source: Pascanu et al. 2013, “On the difficulty of training recurrent neural networks”, algorithm 1.</remarks>
public static class GradientNorm
{
    /// <summary><c>√(Σ g²)</c> over every element of the gradients of <paramref name="weights"/>; summed in float64.</summary>
    public static float Global(Gradients gradients, IEnumerable<Tensor> weights)
    {
        double sum = 0;
        foreach (Tensor weight in weights)
        {
            foreach (float g in gradients[weight].Floats)
            {
                sum += (double)g * g;
            }
        }
        return (float)Math.Sqrt(sum);
    }

    /// <summary>
    /// The factor that brings a norm down to <paramref name="limit"/>: <c>min(1, limit / (norm + 1e-6))</c>, PyTorch's
    /// <c>clip_grad_norm_</c>. NaN for a norm that is NaN.
    /// </summary>
    public static float ClipFactor(float norm, float limit) => MathF.Min(1, limit / (norm + 1e-6f));
}
