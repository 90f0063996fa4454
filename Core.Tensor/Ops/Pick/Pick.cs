namespace Vitrine.Tensors;

/// <summary>y[…] = x[…, ids[…]]: one element of every row, e.g. the log-probability of the token that came.</summary>
/// <remarks>x <c>[…, d]</c>, ids int32 <c>[…]</c>, y <c>[…]</c>. Backward puts dy at the picked places and 0 elsewhere.</remarks>
internal sealed class Pick : Op
{
    public override string Name => "pick";

    public override Tensor Forward(Saved saved)
    {
        (Tensor x, Tensor ids) = (saved.Inputs[0], saved.Inputs[1]);
        Check.Type(Name, x, DType.Float32);
        Check.Type(Name, ids, DType.Int32);
        Check.Rank(Name, x, 1);
        Check.Shape(Name, "ids", ids, x.Shape.Without(x.Shape.Rank - 1));
        (x, ids) = (Layout.Contiguous(x), Layout.Contiguous(ids));
        int[] places = ids.ToIntArray();
        if (Array.FindIndex(places, place => (uint)place >= (uint)x.Shape[^1]) is var wrong and >= 0)
        {
            throw new ShapeException($"pick: place outside the row; got {places[wrong]} in row {wrong}; expected 0..{x.Shape[^1] - 1}.");
        }
        Tensor y = Tensor.Empty(ids.Shape, x.Device);
        Launch("pick_forward", ids.Shape.Elements, [x, ids, y], x.Shape[^1]);
        saved.Keep(ids);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        Tensor ids = saved[0], dx = Tensor.Empty(saved.InputShapes[0].Prepend(dy.Shape[0]), dy.Device);
        Launch("pick_backward", new WorkSize(ids.Shape.Elements, dy.Shape[0]), [ids, Layout.Contiguous(dy), dx], saved.InputShapes[0][^1]);
        return [dx, null];
    }

    /// <summary>The gradient, which is that of max as well.</summary>
    internal static readonly Kernel BackwardKernel = new("pick_backward", PickCpu.Backward, GpuKernel.Rows("pick"));

    public static OpRow Row { get; } = new("pick", "y[…] = x[…, ids[…]]", () =>
    [
        Call([2, 3]), Call([1, 1]), Call([3, 17]), Call([2, 17, 257]), Call([257]), Call([512, 50257]) with { IsBenchmark = true },
    ])
    {
        Definition = typeof(Pick),
        Kernels = [new("pick_forward", PickCpu.Forward, GpuKernel.Elements("pick")), BackwardKernel],
        Tolerance = Tolerance.Exact,
    };

    private static OpCase Call(Shape x) => new([new(x), new(x.Without(x.Rank - 1), OpValues.Index, x[^1])], t => t[0].Pick(t[1]))
    {
        Bytes = 4.0 * 3 * x.Rows(),
        Reference = r => new([.. r[1].Values.Select((id, row) => r[0].Values[(row * r[0].Width) + (int)id])], r[1].Shape),
    };
}

public static partial class TensorOps
{
    /// <summary>One element of every row: y[…] = x[…, ids[…]], e.g. the log-probability of each target token.</summary>
    /// <param name="x"><c>[…, d]</c></param>
    /// <param name="ids">int32 <c>[…]</c>, each in 0 … d − 1.</param>
    /// <returns><c>[…]</c></returns>
    /// <exception cref="ShapeException">The shapes do not fit, or a place is outside the row.</exception>
    public static Tensor Pick(this Tensor x, Tensor ids) => Op.Apply(new Pick(), x, ids);
}
