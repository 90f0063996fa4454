namespace Vitrine.Tensors;

/// <summary>KL(P‖Q) = Σ p · (ln p − ln q) over the last axis, from the logarithms of both.</summary>
/// <remarks>
/// logP and logQ <c>[…, d]</c>, result <c>[…]</c>, in nats. Where p is 0 the summand is 0; where only q is 0 the result is +∞.
/// dlogP = dy · p · (ln p − ln q + 1), dlogQ = −dy · p.
/// </remarks>
internal sealed class KlDiv : Op
{
    public override string Name => "kl_div";

    public override Tensor Forward(Saved saved)
    {
        (Tensor logP, Tensor logQ) = (saved.Inputs[0], saved.Inputs[1]);
        Check.Type(Name, logP, DType.Float32);
        Check.Type(Name, logQ, DType.Float32);
        Check.Rank(Name, logP, 1);
        Check.Shape(Name, "logQ", logQ, logP.Shape);
        (logP, logQ) = (Layout.Contiguous(logP), Layout.Contiguous(logQ));
        Tensor y = Tensor.Empty(logP.Shape.Without(logP.Shape.Rank - 1), logP.Device);
        Launch("kl_div_forward", y.Shape.Elements, [logP, logQ, y], logP.Shape[^1]);
        saved.Keep(logP, logQ);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor logP, Tensor logQ) = (saved[0], saved[1]);
        Shape shape = logP.Shape.Prepend(dy.Shape[0]);
        Tensor? dLogP = needs[0] ? Tensor.Empty(shape, dy.Device) : null, dLogQ = needs[1] ? Tensor.Empty(shape, dy.Device) : null;
        Launch("kl_div_backward", new WorkSize(logP.Shape.Rows(), dy.Shape[0]), [logP, logQ, Layout.Contiguous(dy), dLogP, dLogQ],
            logP.Shape[^1]);
        return [dLogP, dLogQ];
    }

    public static OpRow Row { get; } = new("kl_div", "y = Σ p · (ln p − ln q) over the last axis, from ln p and ln q", () => OpCase.Sizes(
        s => new([new(s, OpValues.LogProbability), new(s, OpValues.LogProbability)],
            t => t[0].KlDiv(t[1]))
        { Reference = r => Reference(r[0], r[1]) },
        new(31, 22)))
    {
        Definition = typeof(KlDiv),
        Kernels =
        [
            new("kl_div_forward", KlDivCpu.Forward, GpuKernel.Rows("kl_div")),
            new("kl_div_backward", KlDivCpu.Backward, GpuKernel.Rows("kl_div")),
        ],
        AcceptsAnyNumber = false,
    };

    private static Array64 Reference(Array64 logP, Array64 logQ)
    {
        Array64 terms = logP.Zip(logQ, (p, q) => Math.Exp(p) == 0 ? 0 : Math.Exp(p) * (p - q));
        return terms.Reduce([logP.Shape.Rank - 1], v => v.Sum()) with { Shape = logP.Shape.Without(logP.Shape.Rank - 1) };
    }
}

public static partial class TensorOps
{
    /// <summary>KL(P‖Q) = Σ p · (ln p − ln q) over the last axis, in nats, from log-probabilities.</summary>
    /// <param name="logP"><c>[…, d]</c></param>
    /// <param name="logQ"><c>[…, d]</c></param>
    /// <returns><c>[…]</c></returns>
    public static Tensor KlDiv(this Tensor logP, Tensor logQ) => Op.Apply(new KlDiv(), logP, logQ);
}
