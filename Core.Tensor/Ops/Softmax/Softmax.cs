namespace Vitrine.Tensors;

/// <summary>y = e^(x + mask − m) / Σ e^(x + mask − m) over the last axis, m the row's maximum.</summary>
/// <remarks>
/// x <c>[…, d]</c>, mask additive and broadcastable to x (−∞ hides), y <c>[…, d]</c>. Without subtracting the maximum, exp overflows above
/// 88. A row with everything hidden gives 0. dx = y · (dy − Σ dy·y); the mask's gradient is the same, summed to its shape.
/// </remarks>
internal sealed class Softmax : Op
{
    public override string Name => "softmax";

    public override Tensor Forward(Saved saved)
    {
        Check.Type(Name, saved.Inputs[0], DType.Float32);
        Check.Rank(Name, saved.Inputs[0], 1);
        Tensor x = Layout.Contiguous(saved.Inputs[0]), y = Tensor.Empty(x.Shape, x.Device);
        (Tensor? mask, Scalar[] walk) = saved.Inputs.Length > 1 ? MaskRows(saved.Inputs[1], x.Shape) : (null, [0]);
        Launch("softmax_forward", x.Shape.Rows(), [x, mask, y], [x.Shape[^1], .. walk]);
        saved.Keep(y);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        Tensor y = saved[0], dx = Tensor.Empty(dy.Shape, dy.Device);
        Launch("softmax_backward", new WorkSize(y.Shape.Rows(), dy.Shape[0]), [y, Layout.Contiguous(dy), dx], y.Shape[^1]);
        return saved.InputShapes.Length == 1 ? [dx] : [dx, needs[1] ? Broadcasting.SumTo(dx, saved.InputShapes[1]) : null];
    }

    /// <summary>How the kernel finds a row's mask: the number of leading axes, their lengths, the mask's strides along them.</summary>
    private (Tensor Mask, Scalar[] Walk) MaskRows(Tensor mask, Shape x)
    {
        Check.Type(Name, mask, DType.Float32);
        if (mask.Shape.Rank > x.Rank || Shape.Broadcast(x, mask.Shape, Name) != x)
        {
            throw new ShapeException($"{Name}: the mask does not fit; "
                + $"got mask {mask.Shape} for x {x}; expected a shape that broadcasts to x's.");
        }
        if (mask.Shape.Rank == 0 || mask.Shape[^1] != x[^1] || mask.Strides[^1] != 1)
        {
            // The kernel reads the last axis without gaps.
            Shape rows = mask.Shape.Rank == 0 ? [x[^1]] : mask.Shape.With(mask.Shape.Rank - 1, x[^1]);
            mask = Layout.Copy(mask.View(rows, Broadcasting.Strides(mask, rows)));
        }
        int rank = x.Rank - 1;
        int[] strides = Broadcasting.Strides(mask, x);
        var walk = new Scalar[1 + (2 * rank)];
        walk[0] = rank;
        for (int axis = 0; axis < rank; axis++)
        {
            (walk[1 + axis], walk[1 + rank + axis]) = (x[axis], strides[axis]);
        }
        return (mask, walk);
    }

    public static OpRow Row { get; } = new("softmax", "y = e^(x + mask − m) / Σ e^(x + mask − m) over the last axis, m the row's maximum",
        () =>
    [
        .. OpCase.Sizes(s => new([new(s)], t => t[0].Softmax()) { Reference = r => Reference(r[0], null) }, new(29, 20)),
        Masked(new([2, 3, 4, 17]), new([2, 1, 1, 17])),
        Masked(new([2, 3, 5]), new([3, 1])),
        Masked(new([4, 3, 17]), new([3, 17], OpValues.Hiding)) with { Label = "hiding mask" },
    ])
    {
        Definition = typeof(Softmax),
        Kernels =
        [
            new("softmax_forward", SoftmaxCpu.Forward, GpuKernel.Rows("softmax")),
            new("softmax_backward", SoftmaxCpu.Backward, GpuKernel.Rows("softmax")),
        ],
    };

    /// <summary>The op in float64, which attention's reference uses too; 0 where everything is hidden.</summary>
    internal static Array64 Reference(Array64 x, Array64? mask) => (mask is null ? x : x.Zip(mask, (a, b) => a + b)).MapRows(row =>
    {
        double max = row.Max();
        double[] e = [.. row.Select(v => double.IsNegativeInfinity(max) ? 0 : Math.Exp(v - max))];
        double sum = e.Sum();
        return [.. e.Select(v => sum == 0 ? 0 : v / sum)];
    });

    private static OpCase Masked(OpInput x, OpInput mask) =>
        new([x, mask], t => t[0].Softmax(t[1])) { Label = "mask", Reference = r => Reference(r[0], r[1]) };
}

/// <summary>y = x − m − ln Σ e^(x − m) over the last axis, m the row's maximum.</summary>
/// <remarks>x and y <c>[…, d]</c>. dx = dy − e^y · Σ dy.</remarks>
internal sealed class LogSoftmax : Op
{
    public override string Name => "log_softmax";

    public override Tensor Forward(Saved saved)
    {
        Check.Type(Name, saved.Inputs[0], DType.Float32);
        Check.Rank(Name, saved.Inputs[0], 1);
        Tensor x = Layout.Contiguous(saved.Inputs[0]), y = Tensor.Empty(x.Shape, x.Device);
        Launch("log_softmax_forward", x.Shape.Rows(), [x, y], x.Shape[^1]);
        saved.Keep(y);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        Tensor y = saved[0], dx = Tensor.Empty(dy.Shape, dy.Device);
        Launch("log_softmax_backward", new WorkSize(y.Shape.Rows(), dy.Shape[0]), [y, Layout.Contiguous(dy), dx], y.Shape[^1]);
        return [dx];
    }

    public static OpRow Row { get; } = new("log_softmax", "y = x − m − ln Σ e^(x − m) over the last axis, m the row's maximum",
        () => OpCase.Sizes(s => new([new(s)], t => t[0].LogSoftmax()) { Reference = r => Reference(r[0]) }, new(30, 21)))
    {
        Definition = typeof(LogSoftmax),
        Kernels =
        [
            new("log_softmax_forward", SoftmaxCpu.LogForward, GpuKernel.Rows("softmax")),
            new("log_softmax_backward", SoftmaxCpu.LogBackward, GpuKernel.Rows("softmax")),
        ],
    };

    /// <summary>The op in float64, which the reference of cross_entropy uses too.</summary>
    internal static Array64 Reference(Array64 x) => x.MapRows(row =>
    {
        double max = row.Max(), log = max + Math.Log(row.Sum(v => Math.Exp(v - max)));
        return [.. row.Select(v => v - log)];
    });
}

public static partial class TensorOps
{
    /// <summary>y = e^(x + mask) / Σ e^(x + mask) over the last axis; the row maximum is subtracted first, so nothing overflows.</summary>
    /// <param name="x"><c>[…, d]</c></param>
    /// <param name="mask">Added to x, broadcast; −∞ hides a place. A row with everything hidden gives 0.</param>
    public static Tensor Softmax(this Tensor x, Tensor? mask = null) =>
        mask is null ? Op.Apply(new Softmax(), x) : Op.Apply(new Softmax(), x, mask);

    /// <summary>y = ln softmax(x) over the last axis, in nats, without forming the probabilities.</summary>
    /// <param name="x"><c>[…, d]</c></param>
    public static Tensor LogSoftmax(this Tensor x) => Op.Apply(new LogSoftmax(), x);
}
