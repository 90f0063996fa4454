using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// DeepLIFT as Captum 0.8 runs it: the rescale rule Δy/Δx on ReLU, tanh and sigmoid, and everything else by its gradient at the input.
/// On a transformer with softmax, LayerNorm and GELU the result is not complete; <see cref="DifferenceRule"/> is.
/// </summary>
/// <remarks>
/// Source: Shrikumar, Greenside and Kundaje 2017; Captum's <c>DeepLift</c>, whose rules exist for modules of those kinds only.
/// </remarks>
public sealed class RescaleRule : BackwardRule
{
    private const double SmallestDifference = 1e-10; // Captum's eps: below it, the gradient

    private static readonly HashSet<string> s_rescaled = ["relu", "tanh", "sigmoid"];

    /// <inheritdoc/>
    public override Tensor?[] Backward(RecordedOp op, RecordedOp? reference, Tensor dy, bool[] needs)
    {
        if (reference is null || !s_rescaled.Contains(op.Op.Name))
        {
            return Gradient(op, dy, needs);
        }
        Tensor slope = Gradient(op, Tensor.Full(op.Output.Shape.Prepend(1), 1, dy.Device), needs)[0]
            ?? throw new InvalidOperationException("rescale: no slope.");
        float[] factors = Values(slope), x = Values(op.Inputs[0]), x0 = Values(reference.Inputs[0]), y = Values(op.Output),
            y0 = Values(reference.Output);
        for (int i = 0; i < factors.Length; i++)
        {
            double dx = (double)x[i] - x0[i];
            if (Math.Abs(dx) >= SmallestDifference)
            {
                factors[i] = (float)(((double)y[i] - y0[i]) / dx);
            }
        }
        return [Times(dy, factors, op.Output)];
    }
}
