namespace Vitrine.Tensors;

/// <summary>y = Σ x over the given axes, which stay with length 1.</summary>
internal sealed class Reduce(int[] axes) : Op
{
    public override string Name => "sum";

    public override Tensor Forward(Saved saved) => Sum(saved.Inputs[0], axes);

    /// <summary>Every summand has the gradient of its sum.</summary>
    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [dy.Expand(saved.InputShapes[0].Prepend(dy.Shape[0]))];

    /// <summary>The sum itself, without recording. The summed axes are moved last, so the kernel sums rows.</summary>
    public static Tensor Sum(Tensor x, int[] axes)
    {
        int[] kept = [.. Enumerable.Range(0, x.Shape.Rank).Except(axes)];
        int[] order = [.. kept, .. axes];
        Shape summed = x.Shape;
        int width = 1;
        foreach (int axis in axes)
        {
            summed = summed.With(axis, 1);
            width *= x.Shape[axis];
        }
        Tensor y = Tensor.Empty(summed, x.Device);
        if (x.IsContiguous && Leading(kept, axes) is { } first)
        {
            // Sums over leading axes (bias gradients) are column sums: reading row by row is many times faster than transposing.
            int outer = first == 0 ? 1 : x.Shape[0];
            int columns = x.Shape.Elements == 0 ? y.Shape.Elements / Math.Max(1, outer) : x.Shape.Elements / outer / width;
            Op.Launch("sum_columns", new WorkSize(columns, outer), [x, y], width);
        }
        else
        {
            Tensor rows = Layout.Contiguous(x.View(Shape.Create([.. order.Select(a => x.Shape[a])]), [.. order.Select(a => x.Strides[a])]));
            Op.Launch("sum_rows", y.Shape.Elements, [rows, y], width);
        }
        return y;
    }

    /// <summary>The first summed axis, 0 or 1 (behind the seeds), when the summed axes are a block with all other kept ones after it.</summary>
    private static int? Leading(int[] kept, int[] axes)
    {
        int first = kept.Length > 0 && kept[0] == 0 ? 1 : 0;
        bool block = axes.Length > 0 && axes.Select((axis, i) => axis == first + i).All(inPlace => inPlace);
        return block && kept.Length > first ? first : null;
    }
}
