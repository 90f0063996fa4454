using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>What one op does, in a backward pass, to what comes from above.</summary>
public abstract class BackwardRule
{
    /// <summary>From what arrives at the output to what leaves at the inputs.</summary>
    /// <param name="op">The op as it ran.</param>
    /// <param name="reference">The same op in the pass of the reference; null when there is none.</param>
    /// <param name="dy"><c>[seeds, …output shape]</c></param>
    /// <param name="needs">Which inputs want something.</param>
    /// <returns>One entry per input: <c>[seeds, …input shape]</c>, or null where nothing was wanted.</returns>
    public abstract Tensor?[] Backward(RecordedOp op, RecordedOp? reference, Tensor dy, bool[] needs);

    /// <summary>The gradient of the op where it ran.</summary>
    protected static Tensor?[] Gradient(RecordedOp op, Tensor dy, bool[] needs) => op.Op.Backward(op.Saved, dy, new Needs(needs));

    /// <summary>Whether the op bends single numbers: activations, exp, log and their like.</summary>
    private protected static bool IsElementwise(RecordedOp op) => op.Op is Unary;

    /// <summary>The elements in row-major order; the rule's own arithmetic is done on the host, in double.</summary>
    private protected static float[] Values(Tensor x) => x.ToArray();

    /// <summary>dy with every element multiplied by a factor that all seeds share.</summary>
    private protected static Tensor Times(Tensor dy, float[] factors, Tensor like) =>
        dy * Tensor.From(factors, like.Shape.Prepend(1), like.Device);
}
