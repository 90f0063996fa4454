namespace Vitrine.Tensors;

/// <summary>Ops that move elements without computing: views where possible, copies where not.</summary>
/// <remarks>Read <see cref="Reshape"/> first; every op here is its own kind of index arithmetic, and its backward is the inverse one.</remarks>
internal static class Layout
{
    /// <summary>A contiguous copy of any view; the kernel <c>copy_strided</c> walks the strides.</summary>
    public static Tensor Copy(Tensor x)
    {
        Tensor y = Tensor.Empty(x.Shape, x.Device, x.DType);
        CopyInto(x, y, 0);
        return y;
    }

    /// <summary>The tensor itself when contiguous, else a copy.</summary>
    public static Tensor Contiguous(Tensor x) => x.IsContiguous ? x : Copy(x);

    /// <summary>Writes all of <paramref name="x"/> into the view of <paramref name="y"/> that has x's shape, y's strides and the given offset.</summary>
    public static void CopyInto(Tensor x, Tensor y, int offset)
    {
        Tensor target = y.View(x.Shape, [.. y.Strides], offset);
        int rank = x.Shape.Rank;
        var scalars = new Scalar[1 + (3 * rank)];
        scalars[0] = rank;
        for (int i = 0; i < rank; i++)
        {
            (scalars[1 + i], scalars[1 + rank + i], scalars[1 + (2 * rank) + i]) = (x.Shape[i], x.Strides[i], target.Strides[i]);
        }
        Op.Launch(x.DType.Size() == 4 ? "copy_strided" : $"copy_strided_{x.DType.Size()}", x.Shape.Elements, [x, target], scalars);
    }

    /// <summary>Zeros of a shape, for backward passes that fill a part.</summary>
    public static Tensor Zeros(Shape shape, Device device)
    {
        Tensor y = Tensor.Empty(shape, device);
        Op.Launch("fill", shape.Elements, [y], 0f);
        return y;
    }
}

/// <summary>The same elements in row-major order under another shape; a view when x is contiguous.</summary>
internal sealed class Reshape(Shape shape) : Op
{
    public override string Name => "reshape";

    public override Tensor Forward(Saved saved)
    {
        Tensor x = saved.Inputs[0];
        if (x.Shape.Elements != shape.Elements)
        {
            throw new ShapeException($"reshape: number of elements differs; got {x.Shape} to {shape}; expected {x.Shape.Elements} elements.");
        }
        return SplitView(x) ?? Layout.Contiguous(x).View(shape, shape.RowMajorStrides());
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [dy.Reshape(saved.InputShapes[0].Prepend(dy.Shape[0]))];

    /// <summary>Splitting the last axis of a strided view (heads out of d_model) needs no copy: only the split axes get new strides.</summary>
    private Tensor? SplitView(Tensor x)
    {
        int kept = x.Shape.Rank - 1;
        if (x.IsContiguous || kept < 0 || shape.Rank <= kept || x.Strides[kept] != 1 || !shape.Axes[..kept].SequenceEqual(x.Shape.Axes[..kept]))
        {
            return null;
        }
        int[] strides = shape.RowMajorStrides();
        for (int i = 0; i < kept; i++)
        {
            strides[i] = x.Strides[i];
        }
        return x.View(shape, strides);
    }
}

/// <summary>Axes in another order; always a view. Output axis i is input axis <c>order[i]</c>.</summary>
internal sealed class Permute(int[] order) : Op
{
    public override string Name => "permute";

    public override Tensor Forward(Saved saved) => View(saved.Inputs[0], order);

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        int[] inverse = new int[order.Length + 1]; // axis 0 is the seeds
        for (int i = 0; i < order.Length; i++)
        {
            inverse[order[i] + 1] = i + 1;
        }
        return [View(dy, inverse)];
    }

    private static Tensor View(Tensor x, int[] order)
    {
        if (order.Length != x.Shape.Rank || order.Order().Where((axis, i) => axis != i).Any())
        {
            throw new ShapeException($"permute: not an order of the axes; got [{string.Join(", ", order)}] for shape {x.Shape}; expected each of 0..{x.Shape.Rank - 1} once.");
        }
        return x.View(Shape.Create([.. order.Select(axis => x.Shape[axis])]), [.. order.Select(axis => x.Strides[axis])]);
    }
}

/// <summary>A range of one axis; always a view.</summary>
internal sealed class Slice(int axis, int start, int length) : Op
{
    public override string Name => "slice";

    public override Tensor Forward(Saved saved)
    {
        Tensor x = saved.Inputs[0];
        if (start < 0 || length < 0 || start > x.Shape[axis] - length)
        {
            throw new ShapeException($"slice: range outside the axis; got {start}..{start + length} of axis {axis} in {x.Shape}; expected a range within 0..{x.Shape[axis]}.");
        }
        return x.View(x.Shape.With(axis, length), [.. x.Strides], start * x.Strides[axis]);
    }

    /// <summary>Zeros everywhere, dy in the range.</summary>
    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        Tensor dx = Layout.Zeros(saved.InputShapes[0].Prepend(dy.Shape[0]), dy.Device);
        Layout.CopyInto(dy, dx, start * dx.Strides[axis + 1]);
        return [dx];
    }
}

/// <summary>Tensors one after the other along an axis.</summary>
internal sealed class Concat(int axis) : Op
{
    public override string Name => "concat";

    public override Tensor Forward(Saved saved)
    {
        Shape first = saved.Inputs[0].Shape;
        foreach (Tensor x in saved.Inputs)
        {
            Check.Type(Name, x, saved.Inputs[0].DType);
            if (x.Shape.Rank != first.Rank || x.Shape.With(axis, 1) != first.With(axis, 1))
            {
                throw new ShapeException($"concat: shapes differ off the joined axis; got {first} and {x.Shape} along axis {axis}; expected equal lengths elsewhere.");
            }
        }
        Tensor y = Tensor.Empty(first.With(axis, saved.Inputs.Sum(x => x.Shape[axis])), saved.Inputs[0].Device, saved.Inputs[0].DType);
        int start = 0;
        foreach (Tensor x in saved.Inputs)
        {
            Layout.CopyInto(x, y, start * y.Strides[axis]);
            start += x.Shape[axis];
        }
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        var dx = new Tensor?[saved.InputShapes.Length];
        int start = 0;
        for (int i = 0; i < dx.Length; i++)
        {
            int length = saved.InputShapes[i][axis];
            dx[i] = needs[i] ? dy.Slice(axis + 1, start, length) : null;
            start += length;
        }
        return dx;
    }
}

/// <summary>Axes of length 1 repeated to a larger shape (numpy's broadcast_to); a view with stride 0.</summary>
internal sealed class Expand(Shape shape) : Op
{
    public override string Name => "expand";

    public override Tensor Forward(Saved saved)
    {
        Tensor x = saved.Inputs[0];
        if (Shape.Broadcast(x.Shape, shape, Name) != shape)
        {
            throw new ShapeException($"expand: cannot repeat to that shape; got {x.Shape} to {shape}; expected lengths of 1 or equal.");
        }
        return x.View(shape, Broadcasting.Strides(x, shape));
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) => [Broadcasting.SumTo(dy, saved.InputShapes[0])];
}
