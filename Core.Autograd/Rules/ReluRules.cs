using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// Guided backpropagation: at a ReLU only positive signals pass, and only where the ReLU was open; elsewhere the gradient.
/// </summary>
/// <remarks>Source: Springenberg et al. 2015, “Striving for simplicity: the all convolutional net”.</remarks>
public sealed class GuidedRule : BackwardRule
{
    /// <inheritdoc/>
    public override Tensor?[] Backward(RecordedOp op, RecordedOp? reference, Tensor dy, bool[] needs) =>
        Gradient(op, op.Op.Name == "relu" ? dy.Relu() : dy, needs);
}

/// <summary>
/// The deconvolutional network: at a ReLU only positive signals pass, whether the ReLU was open or not; elsewhere the gradient.
/// </summary>
/// <remarks>Source: Zeiler and Fergus 2014, “Visualizing and understanding convolutional networks”.</remarks>
public sealed class DeconvolutionRule : BackwardRule
{
    /// <inheritdoc/>
    public override Tensor?[] Backward(RecordedOp op, RecordedOp? reference, Tensor dy, bool[] needs) =>
        op.Op.Name == "relu" ? [dy.Relu()] : Gradient(op, dy, needs);
}
