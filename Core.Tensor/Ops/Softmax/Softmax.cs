namespace Vitrine.Tensors;

/// <summary>y = e^(x + mask − m) / Σ e^(x + mask − m) over the last axis, m the row's maximum.</summary>
/// <remarks>
/// x <c>[…, d]</c>, mask additive and broadcastable to x (−∞ hides), y <c>[…, d]</c>. Without subtracting the maximum, exp overflows above 88.
/// A row with everything hidden gives 0. dx = y · (dy − Σ dy·y); the mask's gradient is the same, summed to its shape.
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
            throw new ShapeException($"{Name}: the mask does not fit; got mask {mask.Shape} for x {x}; expected a shape that broadcasts to x's.");
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
}
