namespace Vitrine.Tensors;

/// <summary>
/// The mean over the counted rows of −Σ_c q_c · ln softmax(logits)_c, with q = (1 − s) · onehot(target) + s / classes.
/// </summary>
/// <remarks>
/// logits <c>[…, classes]</c>, targets int32 <c>[…]</c>, result a scalar, in nats. Rows whose target is the ignore index do not count; when
/// none counts the result is 0. Smoothing s: Szegedy et al. 2016, section 7. With p = softmax(logits): dlogits = dy / count · (p − q). The
/// probabilities are never stored: backward makes them again from the logits and one logarithm per row, once for all seeds.
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
        Launch("cross_entropy_backward", new WorkSize(logits.Shape.Rows(), dy.Shape[0]),
            [logits, targets, logSums, Layout.Contiguous(dy), dx],
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
                throw new ShapeException($"{Name}: target outside the classes; "
                    + $"got {target}; expected 0..{classes - 1}, or {ignoreIndex} to ignore the row.");
            }
            counted++;
        }
        return 1f / Math.Max(1, counted);
    }

    public static OpRow Row { get; } = new("cross_entropy", "the mean over counted rows of −Σ q · ln softmax(logits)", () =>
    [
        Call([2, 3]), Call([1, 1]), Call([17, 257]), Call([3, 17], smoothing: 0.1f), Call([2, 5, 3], ignore: 1),
        Call([2, 5, 17], ignore: 3, smoothing: 0.2f), Call([1024, 8192]) with { IsBenchmark = true },
    ])
    {
        Definition = typeof(CrossEntropy),
        Kernels =
        [
            new("cross_entropy_forward", CrossEntropyCpu.Forward, GpuKernel.Rows("cross_entropy")),
            new("cross_entropy_backward", CrossEntropyCpu.Backward, GpuKernel.Rows("cross_entropy")),
            Reduction.RowsKernel,
        ],
        Tolerance = new(2e-6, 2e-6, "logits are subtracted from a sum of exponentials"),
    };

    private static Array64 Reference(Array64 logits, Array64 targets, int ignore, double smoothing)
    {
        double[][] rows = [.. LogSoftmax.Reference(logits).Values.Chunk(logits.Width)];
        double[] losses = [.. rows.Select((row, i) => (row, target: (int)targets.Values[i])).Where(r => r.target != ignore)
            .Select(r => -((1 - smoothing) * r.row[r.target]) - (smoothing * r.row.Average()))];
        return new([losses.Length == 0 ? 0 : losses.Average()], []);
    }

    private static OpCase Call(Shape logits, int ignore = -100, float smoothing = 0)
    {
        OpInput[] inputs = [new(logits), new(logits.Without(logits.Rank - 1), OpValues.Index, logits[^1])];
        return new OpCase(inputs, t => t[0].CrossEntropy(t[1], ignore, smoothing))
        {
            Label = $"{(ignore >= 0 ? $"ignore {ignore} " : "")}{(smoothing > 0 ? $"smoothing {smoothing}" : "")}".Trim(),
            Reference = r => Reference(r[0], r[1], ignore, smoothing),
        }.Counted(new OpCost(28, 19) * logits.Elements, []);
    }
}

public static partial class TensorOps
{
    /// <summary>
    /// The mean over the counted rows of −ln softmax(logits)[target], in nats; computed stably and without storing probabilities.
    /// </summary>
    /// <param name="logits"><c>[…, classes]</c></param>
    /// <param name="targets">int32 <c>[…]</c>, each in 0 … classes − 1 or the ignore index.</param>
    /// <param name="ignoreIndex">Rows with this target do not count. When no row counts, the result is 0.</param>
    /// <param name="labelSmoothing">The part of the target's probability, 0 to 1, that is spread over all classes (Szegedy et al.
    /// 2016).</param>
    /// <returns>A scalar.</returns>
    /// <exception cref="ShapeException">The shapes do not fit, or a target is outside the classes.</exception>
    public static Tensor CrossEntropy(this Tensor logits, Tensor targets, int ignoreIndex = -100, float labelSmoothing = 0) =>
        Op.Apply(new CrossEntropy(ignoreIndex, labelSmoothing), logits, targets);
}
