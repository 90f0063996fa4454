using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// The gradient, but what arrives at some tensors is multiplied by a factor, and some softmaxes are crossed as if their inputs had been
/// divided by a temperature: so that interactions are not counted several times, and saturated attention still answers.
/// </summary>
/// <remarks>Source: Edin et al. 2025, “GIM: improved interpretability for large language models”.</remarks>
/// <param name="factors">From <see cref="Tensor.Id"/> of a tensor to the factor; 0 stops the gradient there.</param>
/// <param name="softmaxes"><see cref="Tensor.Id"/> of the outputs of those softmaxes.</param>
/// <param name="temperature">What their inputs are divided by; 1 gives the gradient.</param>
public sealed class GimRule(IReadOnlyDictionary<long, float> factors, IReadOnlySet<long> softmaxes, float temperature) : BackwardRule
{
    /// <inheritdoc/>
    public override Tensor?[] Backward(RecordedOp op, RecordedOp? reference, Tensor dy, bool[] needs)
    {
        if (factors.TryGetValue(op.Output.Id, out float factor))
        {
            dy = dy.Scale(factor);
        }
        if (!softmaxes.Contains(op.Output.Id))
        {
            return Gradient(op, dy, needs);
        }
        Tensor softened = op.Inputs[0].Scale(1 / temperature).Softmax();
        return [softened * (dy - (dy * softened).Sum([-1], keepAxes: true))];
    }
}
