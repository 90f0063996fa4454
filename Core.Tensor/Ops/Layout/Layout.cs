namespace Vitrine.Tensors;

/// <summary>Ops that move elements without computing: views where possible, copies where not.</summary>
/// <remarks>
/// Read <see cref="Reshape"/> first; every op here is its own kind of index arithmetic, and its backward is the inverse one.
/// </remarks>
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

    /// <summary>
    /// Writes all of <paramref name="x"/> into the view of <paramref name="y"/> that has x's shape, y's strides and the given offset.
    /// </summary>
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

    /// <summary>The kernels of <see cref="CopyInto"/>, for elements of 4, 2 and 1 bytes.</summary>
    internal static readonly Kernel CopyKernel = new("copy_strided", LayoutCpu.CopyStrided, GpuKernel.Elements("layout"));

    /// <inheritdoc cref="CopyKernel"/>
    internal static readonly Kernel Copy2Kernel = new("copy_strided_2", LayoutCpu.CopyStrided2, GpuKernel.Elements("layout"));

    /// <inheritdoc cref="CopyKernel"/>
    internal static readonly Kernel Copy1Kernel = new("copy_strided_1", LayoutCpu.CopyStrided1, GpuKernel.Elements("layout"));

    /// <summary>The kernel of <see cref="Zeros"/>.</summary>
    internal static readonly Kernel FillKernel = new("fill", LayoutCpu.Fill, GpuKernel.Elements("layout"));

    /// <summary>The row of an op that only moves elements: the bits must agree.</summary>
    internal static OpRow Describe<TOp>(string name, string formula, Func<IReadOnlyList<OpCase>> cases, params Kernel[] kernels)
        where TOp : Op =>
        new(name, formula, cases) { Definition = typeof(TOp), Kernels = kernels, Tolerance = Tolerance.Exact };
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
            throw new ShapeException($"reshape: number of elements differs; "
                + $"got {x.Shape} to {shape}; expected {x.Shape.Elements} elements.");
        }
        return SplitView(x) ?? Layout.Contiguous(x).View(shape, shape.RowMajorStrides());
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [dy.Reshape(saved.InputShapes[0].Prepend(dy.Shape[0]))];

    /// <summary>
    /// Splitting the last axis of a strided view (heads out of d_model) needs no copy: only the split axes get new strides.
    /// </summary>
    private Tensor? SplitView(Tensor x)
    {
        int kept = x.Shape.Rank - 1;
        if (x.IsContiguous || kept < 0 || shape.Rank <= kept || x.Strides[kept] != 1
            || !shape.Axes[..kept].SequenceEqual(x.Shape.Axes[..kept]))
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

    public static OpRow Row { get; } = Layout.Describe<Reshape>("reshape", "the same elements in row-major order under another shape",
        () => [Call([3, 4], [2, 6]), Call([2, 17, 6], [2, 17, 2, 3]) with { Label = "split heads" }, Call([257], [1, 257])],
        Layout.CopyKernel, Layout.Copy2Kernel, Layout.Copy1Kernel);

    private static OpCase Call(Shape from, Shape to) =>
        new([new(from)], t => t[0].Reshape(to)) { Reference = r => r[0] with { Shape = to } };
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
            throw new ShapeException($"permute: not an order of the axes; "
                + $"got [{string.Join(", ", order)}] for shape {x.Shape}; expected each of 0..{x.Shape.Rank - 1} once.");
        }
        return x.View(Shape.Create([.. order.Select(axis => x.Shape[axis])]), [.. order.Select(axis => x.Strides[axis])]);
    }

    public static OpRow Row { get; } = Layout.Describe<Permute>("permute", "axes in another order", () =>
    [
        new([new([3, 17])], t => t[0].Transpose()) { Reference = r => Reference(r[0], [1, 0]) },
        new([new([2, 3, 5, 7])], t => t[0].Permute(0, 2, 1, 3)) { Label = "merge heads", Reference = r => Reference(r[0], [0, 2, 1, 3]) },
        new([new([2, 3, 5])], t => t[0].Permute(2, 0, 1)) { Label = "cycle", Reference = r => Reference(r[0], [2, 0, 1]) },
    ], Layout.CopyKernel);

    private static Array64 Reference(Array64 x, int[] order) =>
        Array64.Fill(Shape.Create([.. order.Select(axis => x.Shape[axis])]), index =>
    {
        int[] source = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            source[order[i]] = index[i];
        }
        return x.At(source);
    });
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
            throw new ShapeException($"slice: range outside the axis; "
                + $"got {start}..{start + length} of axis {axis} in {x.Shape}; expected a range within 0..{x.Shape[axis]}.");
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

    public static OpRow Row { get; } = Layout.Describe<Slice>("slice", "a range of one axis", () =>
    [
        new([new([17, 3])], t => t[0].Slice(0, 4, 5)) { Reference = r => Reference(r[0], 0, 4, 5) },
        new([new([3, 257])], t => t[0].Slice(-1, 1, 255)) { Reference = r => Reference(r[0], 1, 1, 255) },
        new([new([2, 3, 5])], t => t[0].Select(1, 2)) { Label = "select",
            Reference = r => Reference(r[0], 1, 2, 1) with { Shape = [2, 5] } },
    ], Layout.CopyKernel, Layout.FillKernel);

    private static Array64 Reference(Array64 x, int axis, int start, int length) => Array64.Fill(x.Shape.With(axis, length), index =>
    {
        index[axis] += start;
        return x.At(index);
    });
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
                throw new ShapeException($"concat: shapes differ off the joined axis; "
                    + $"got {first} and {x.Shape} along axis {axis}; expected equal lengths elsewhere.");
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

    public static OpRow Row { get; } = Layout.Describe<Concat>("concat", "tensors one after the other along an axis", () =>
    [
        new([new([2, 3]), new([1, 3])], t => TensorOps.Concat(0, t)) { Reference = r => Reference(0, r) },
        new([new([2, 3, 5]), new([2, 1, 5]), new([2, 17, 5])], t => TensorOps.Concat(1, t)) { Reference = r => Reference(1, r) },
        new([new([3, 17]), new([3, 257])], t => TensorOps.Concat(-1, t)) { Reference = r => Reference(1, r) },
    ], Layout.CopyKernel);

    private static Array64 Reference(int axis, Array64[] parts) =>
        Array64.Fill(parts[0].Shape.With(axis, parts.Sum(p => p.Shape[axis])), index =>
    {
        int part = 0;
        while (index[axis] >= parts[part].Shape[axis])
        {
            index[axis] -= parts[part++].Shape[axis];
        }
        return parts[part].At(index);
    });
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

    public static OpRow Row { get; } = new("expand", "axes of length 1 repeated", () => [Call([1, 3], [5, 3]), Call([17, 1], [2, 17, 3])])
    {
        Definition = typeof(Expand),
        Kernels = [Reduction.ColumnsKernel, Reduction.RowsKernel],
        Tolerance = new(1e-6, 1e-6, "the gradient is a sum over the repeats"),
    };

    private static OpCase Call(Shape from, Shape to) =>
        new([new(from)], t => t[0].Expand(to)) { Reference = r => r[0].Zip(new(to), (a, _) => a) };
}

public static partial class TensorOps
{
    /// <summary>The same elements in row-major order under another shape.</summary>
    /// <exception cref="ShapeException">The number of elements differs.</exception>
    public static Tensor Reshape(this Tensor x, Shape shape) => x.Shape == shape ? x : Op.Apply(new Reshape(shape), x);

    /// <summary>Axes in another order: output axis i is input axis <c>order[i]</c>. Copies nothing.</summary>
    public static Tensor Permute(this Tensor x, params int[] order) => Op.Apply(new Permute(order), x);

    /// <summary>Two axes exchanged. Copies nothing.</summary>
    public static Tensor Transpose(this Tensor x, int first = -1, int second = -2)
    {
        int[] order = [.. Enumerable.Range(0, x.Shape.Rank)];
        (first, second) = (x.Shape.Axis(first, "transpose"), x.Shape.Axis(second, "transpose"));
        (order[first], order[second]) = (second, first);
        return x.Permute(order);
    }

    /// <summary>
    /// Elements <paramref name="start"/> … <paramref name="start"/> + <paramref name="length"/> − 1 of one axis. Copies nothing.
    /// </summary>
    public static Tensor Slice(this Tensor x, int axis, int start, int length) =>
        Op.Apply(new Slice(x.Shape.Axis(axis, "slice"), start, length), x);

    /// <summary>Element <paramref name="index"/> of one axis, which disappears. Copies nothing unless the rest is strided.</summary>
    public static Tensor Select(this Tensor x, int axis, int index)
    {
        axis = x.Shape.Axis(axis, "select");
        return x.Slice(axis, index, 1).Reshape(x.Shape.Without(axis));
    }

    /// <summary>Tensors one after the other along an axis; all other lengths must agree.</summary>
    public static Tensor Concat(int axis, params Tensor[] tensors) => Op.Apply(new Concat(tensors[0].Shape.Axis(axis, "concat")), tensors);

    /// <summary>Axes of length 1 repeated to a larger shape. Copies nothing.</summary>
    public static Tensor Expand(this Tensor x, Shape shape) => x.Shape == shape ? x : Op.Apply(new Expand(shape), x);
}
