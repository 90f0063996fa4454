namespace Vitrine.Tensors;

/// <summary>Ops that make one number of many along some axes, which stay with length 1: sum, mean, max, norm.</summary>
/// <remarks>
/// The reduced axes are moved last, so that every kernel reads rows: <c>[…kept, …reduced]</c> seen as <c>[rows, width]</c>.
/// </remarks>
internal abstract class Reduction(int[] axes) : Op
{
    /// <summary>The reduced axes, ascending.</summary>
    protected int[] Axes { get; } = axes;

    /// <summary>x with the reduced axes last and without gaps.</summary>
    protected Tensor Rows(Tensor x) => Layout.Contiguous(Rows(x, Axes));

    /// <summary>How many numbers make one.</summary>
    protected int Width(Shape x) => Width(x, Axes);

    /// <summary>The shape of the result.</summary>
    protected Shape Reduced(Shape x) => Reduced(x, Axes);

    /// <summary>An uninitialised gradient for the row layout of x, and the view of it that has x's own axis order.</summary>
    protected (Tensor Rows, Tensor View) Gradient(Shape x, int seeds, Device device)
    {
        int[] order = Order(x.Rank, Axes), inverse = new int[x.Rank + 1]; // axis 0 is the seeds
        for (int i = 0; i < order.Length; i++)
        {
            inverse[order[i] + 1] = i + 1;
        }
        Tensor rows = Tensor.Empty(Shape.Create([seeds, .. order.Select(axis => x[axis])]), device);
        return (rows, rows.View(x.Prepend(seeds), [.. inverse.Select(axis => rows.Strides[axis])]));
    }

    /// <summary>factor · Σ x over axes, which stay with length 1; without recording.</summary>
    internal static Tensor Sum(Tensor x, int[] axes, float factor = 1)
    {
        int width = Width(x.Shape, axes);
        Tensor y = Tensor.Empty(Reduced(x.Shape, axes), x.Device);
        if (Leading(x.Shape.Rank, axes) is { } first && (x.IsContiguous || !Rows(x, axes).IsContiguous))
        {
            // Sums over leading axes (bias gradients) are column sums: reading row by row is many times faster than transposing.
            x = Layout.Contiguous(x);
            int outer = first == 0 ? 1 : x.Shape[0];
            int columns = x.Shape.Elements == 0 ? y.Shape.Elements / Math.Max(1, outer) : x.Shape.Elements / outer / width;
            Launch("sum_columns", new WorkSize(columns, outer), [x, y], width, factor);
        }
        else
        {
            Launch("sum_rows", y.Shape.Elements, [Layout.Contiguous(Rows(x, axes)), y], width, factor);
        }
        return y;
    }

    private static int Width(Shape x, int[] axes) => axes.Aggregate(1, (width, axis) => width * x[axis]);

    private static Shape Reduced(Shape x, int[] axes) => axes.Aggregate(x, (shape, axis) => shape.With(axis, 1));

    private static int[] Order(int rank, int[] axes) => [.. Enumerable.Range(0, rank).Except(axes), .. axes];

    private static Tensor Rows(Tensor x, int[] axes)
    {
        int[] order = Order(x.Shape.Rank, axes);
        return x.View(Shape.Create([.. order.Select(axis => x.Shape[axis])]), [.. order.Select(axis => x.Strides[axis])]);
    }

    /// <summary>
    /// The first summed axis, 0 or 1 (after the seeds), when the summed axes are a block with all other kept ones after it.
    /// </summary>
    private static int? Leading(int rank, int[] axes)
    {
        int first = axes.Length > 0 && axes[0] == 1 ? 1 : 0;
        bool block = axes.Length > 0 && axes.Select((axis, i) => axis == first + i).All(inPlace => inPlace);
        return block && axes.Length + first < rank ? first : null;
    }

    /// <summary>The kernels of <see cref="Sum(Tensor, int[], float)"/>.</summary>
    internal static readonly Kernel RowsKernel = new("sum_rows", ReduceCpu.SumRows, GpuKernel.Rows("reduce"));

    /// <inheritdoc cref="RowsKernel"/>
    internal static readonly Kernel ColumnsKernel = new("sum_columns", ReduceCpu.SumColumns, GpuKernel.Tiles("reduce", 16, 1));

    /// <summary>The row of such an op: one and several axes, first, middle and last.</summary>
    private protected static OpRow Describe<TOp>(string name, string formula, Func<Tensor, int[], Tensor> apply,
        Func<double[], double> reference,
        params Kernel[] kernels) where TOp : Reduction
    {
        return new(name, formula, () =>
        [
            Call([2, 3], 0), Call([2, 3], 1), Call([2, 3], 0, 1), Call([1], 0), Call([257], 0), Call([3, 17], 0), Call([17, 257], 1),
            Call([17, 257], 0),
            Call([3, 5, 7], 1), Call([3, 5, 7], 0, 2), Call([3, 5, 7], 0, 1), Call([2, 3, 5, 7], 1, 2), Call([67, 1031], 0),
            Call([67, 1031], 1),
            (Call([2048, 3072], 1) with { IsBenchmark = true }).Counted(2048 * 3072, [2048, 1]),
            (Call([2048, 3072], 0) with { IsBenchmark = true }).Counted(2048 * 3072, [1, 3072]),
        ])
        { Definition = typeof(TOp), Kernels = kernels, Tolerance = new(2e-6, 5e-6, "a sum over thousands of elements") };

        OpCase Call(Shape shape, params int[] axes) => new([new(shape)], t => apply(t[0], axes))
        {
            Label = $"axes {string.Join(", ", axes)}",
            Reference = r => r[0].Reduce(axes, reference),
        };
    }
}

/// <summary>y = Σ x over axes; every summand has the gradient of its sum.</summary>
internal sealed class Sum(int[] axes) : Reduction(axes)
{
    public override string Name => "sum";

    public override Tensor Forward(Saved saved)
    {
        Check.Type(Name, saved.Inputs[0], DType.Float32);
        return Sum(saved.Inputs[0], Axes);
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) => [dy.Expand(saved.InputShapes[0].Prepend(dy.Shape[0]))];

    public static OpRow Row { get; } =
        Describe<Sum>("sum", "y = Σ x over axes", (x, axes) => x.Sum(axes, keepAxes: true), v => v.Sum(), RowsKernel, ColumnsKernel);
}

/// <summary>y = Σ x / n over axes of n elements together; dx = dy / n.</summary>
internal sealed class Mean(int[] axes) : Reduction(axes)
{
    public override string Name => "mean";

    public override Tensor Forward(Saved saved)
    {
        Check.Type(Name, saved.Inputs[0], DType.Float32);
        return Sum(saved.Inputs[0], Axes, 1f / Width(saved.InputShapes[0]));
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [dy.Scale(1f / Width(saved.InputShapes[0])).Expand(saved.InputShapes[0].Prepend(dy.Shape[0]))];

    public static OpRow Row { get; } = Describe<Mean>("mean", "y = Σ x / n over axes of n elements",
        (x, axes) => x.Mean(axes, keepAxes: true), v => v.Average(), RowsKernel, ColumnsKernel);
}

/// <summary>y = max x over axes; the gradient goes to the first of the largest. A NaN anywhere makes the result NaN.</summary>
internal sealed class Max(int[] axes) : Reduction(axes)
{
    public override string Name => "max";

    public override Tensor Forward(Saved saved)
    {
        Tensor x = saved.Inputs[0];
        Check.Type(Name, x, DType.Float32);
        int width = Width(x.Shape);
        if (width == 0)
        {
            throw new ShapeException($"max: of no elements; got shape {x.Shape} over axes [{string.Join(", ", Axes)}]; "
                + $"expected at least one element per result.");
        }
        Tensor y = Tensor.Empty(Reduced(x.Shape), x.Device), places = Tensor.Empty([y.Shape.Elements], x.Device, DType.Int32);
        Launch("max_forward", y.Shape.Elements, [Rows(x), y, places], width);
        saved.Keep(places);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor rows, Tensor dx) = Gradient(saved.InputShapes[0], dy.Shape[0], dy.Device);
        Launch("pick_backward", new WorkSize(saved[0].Shape[0], dy.Shape[0]), [saved[0], Layout.Contiguous(dy), rows],
            Width(saved.InputShapes[0]));
        return [dx];
    }

    public static OpRow Row { get; } = Describe<Max>("max", "y = max x over axes", (x, axes) => x.Max(axes, keepAxes: true), v => v.Max(),
        new("max_forward", ReduceCpu.MaxForward, GpuKernel.Rows("reduce")), Pick.BackwardKernel);
}

/// <summary>y = √Σ x² over axes (the L2 norm); dx = dy · x / y, and 0 where y is 0.</summary>
internal sealed class Norm(int[] axes) : Reduction(axes)
{
    public override string Name => "norm";

    public override Tensor Forward(Saved saved)
    {
        Check.Type(Name, saved.Inputs[0], DType.Float32);
        Tensor x = Rows(saved.Inputs[0]), y = Tensor.Empty(Reduced(saved.InputShapes[0]), x.Device);
        Launch("norm_forward", y.Shape.Elements, [x, y], Width(saved.InputShapes[0]));
        saved.Keep(x, y);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor rows, Tensor dx) = Gradient(saved.InputShapes[0], dy.Shape[0], dy.Device);
        Launch("norm_backward", new WorkSize(saved[1].Shape.Elements, dy.Shape[0]), [saved[0], saved[1], Layout.Contiguous(dy), rows],
            Width(saved.InputShapes[0]));
        return [dx];
    }

    public static OpRow Row { get; } = Describe<Norm>("norm", "y = √Σ x² over axes",
        (x, axes) => x.Norm(axes, keepAxes: true), v => Math.Sqrt(v.Sum(u => u * u)),
        new("norm_forward", ReduceCpu.NormForward, GpuKernel.Rows("reduce")),
        new("norm_backward", ReduceCpu.NormBackward, GpuKernel.Rows("reduce")));
}

public static partial class TensorOps
{
    /// <summary>Σ x over axes, which disappear unless <paramref name="keepAxes"/>; over all axes when none is named.</summary>
    public static Tensor Sum(this Tensor x, int[]? axes = null, bool keepAxes = false) => Reduce(x, axes, keepAxes, "sum", a => new Sum(a));

    /// <summary>The mean of x over axes, which disappear unless <paramref name="keepAxes"/>; over all axes when none is named.</summary>
    public static Tensor Mean(this Tensor x, int[]? axes = null, bool keepAxes = false) =>
        Reduce(x, axes, keepAxes, "mean", a => new Mean(a));

    /// <summary>
    /// The maximum of x over axes, which disappear unless <paramref name="keepAxes"/>; over all axes when none is named. The gradient goes
    /// to the first of equal maxima.
    /// </summary>
    public static Tensor Max(this Tensor x, int[]? axes = null, bool keepAxes = false) => Reduce(x, axes, keepAxes, "max", a => new Max(a));

    /// <summary>
    /// √Σ x² over axes, which disappear unless <paramref name="keepAxes"/>; over all axes when none is named. The gradient at 0 is 0.
    /// </summary>
    public static Tensor Norm(this Tensor x, int[]? axes = null, bool keepAxes = false) =>
        Reduce(x, axes, keepAxes, "norm", a => new Norm(a));

    private static Tensor Reduce(Tensor x, int[]? axes, bool keepAxes, string op, Func<int[], Op> make)
    {
        int[] reduced = [.. (axes ?? [.. Enumerable.Range(0, x.Shape.Rank)]).Select(axis => x.Shape.Axis(axis, op)).Order()];
        if (reduced.Distinct().Count() != reduced.Length)
        {
            throw new ShapeException($"{op}: an axis is named twice; got [{string.Join(", ", reduced)}]; "
                + $"expected each axis of {x.Shape} at most once.");
        }
        Tensor y = Op.Apply(make(reduced), x);
        return keepAxes ? y : y.Reshape(reduced.Reverse().Aggregate(x.Shape, (shape, axis) => shape.Without(axis)));
    }
}
