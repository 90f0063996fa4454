namespace Vitrine.Tensors;

/// <summary>
/// The mean over the counted rows of −Σ_c q_c · ln softmax(logits)_c, with q = (1 − s) · onehot(target) + s / classes.
/// </summary>
/// <remarks>
/// logits <c>[…, classes]</c>, targets int32 <c>[…]</c>, result a scalar, in nats. Rows whose target is the ignore index do not count; when none counts the
/// result is 0. Smoothing s: Szegedy et al. 2016, section 7. With p = softmax(logits): dlogits = dy / count · (p − q). The probabilities are never
/// stored: backward makes them again from the logits and one logarithm per row, once for all seeds.
/// </remarks>
internal sealed class CrossEntropy(int ignoreIndex, float labelSmoothing) : Op
{
    public override string Name => "cross_entropy";

    public override Tensor Forward(Saved saved)
    {
        (Tensor logits, Tensor targets) = (saved.Inputs[0], saved.Inputs[1]);
        Check.Type(Name, logits, DType.Float32);
        Check.Type(Name, targets, DType.Int32);
        Check.Rank(Name, logits, 1);
        Check.Shape(Name, "targets", targets, logits.Shape.Without(logits.Shape.Rank - 1));
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
        {
            throw new ShapeException($"{Name}: not a part of a probability; got label smoothing {labelSmoothing}; expected 0 to 1.");
        }
        (logits, targets) = (Layout.Contiguous(logits), Layout.Contiguous(targets));
        int classes = logits.Shape[^1], rows = logits.Shape.Rows();
        Tensor losses = Tensor.Empty([rows], logits.Device), logSums = Tensor.Empty([rows], logits.Device);
        Launch("cross_entropy_forward", rows, [logits, targets, losses, logSums], classes, ignoreIndex, labelSmoothing);
        saved.Keep(logits, targets, logSums);
        return Reduction.Sum(losses, [0], Weight(targets, classes)).Reshape([]);
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor logits, Tensor targets, Tensor logSums) = (saved[0], saved[1], saved[2]);
        Tensor dx = Tensor.Empty(saved.InputShapes[0].Prepend(dy.Shape[0]), dy.Device);
        Launch("cross_entropy_backward", new WorkSize(logits.Shape.Rows(), dy.Shape[0]), [logits, targets, logSums, Layout.Contiguous(dy), dx],
            logits.Shape[^1], ignoreIndex, labelSmoothing, Weight(targets, logits.Shape[^1]));
        return [dx, null];
    }

    /// <summary>1 / count.</summary>
    private float Weight(Tensor targets, int classes)
    {
        int counted = 0;
        foreach (int target in targets.ToIntArray())
        {
            if (target == ignoreIndex)
            {
                continue;
            }
            if ((uint)target >= (uint)classes)
            {
                throw new ShapeException($"{Name}: target outside the classes; got {target}; expected 0..{classes - 1}, or {ignoreIndex} to ignore the row.");
            }
            counted++;
        }
        return 1f / Math.Max(1, counted);
    }
}
