namespace Vitrine.Tensors;

/// <summary>y[…, ·] = table[ids[…], ·]: rows of a table by number, e.g. token embeddings.</summary>
/// <remarks>
/// table <c>[rows, …d]</c>, float32 or float16 (then it has no gradient), ids int32 <c>[…]</c>, y <c>[…ids, …d]</c>. Backward adds every
/// row of dy to the table row it came from, in the order of the ids, so the sum is the same from run to run.
/// </remarks>
internal sealed class Gather : Op
{
    public override string Name => "gather";

    public override Tensor Forward(Saved saved)
    {
        (Tensor table, Tensor ids) = (saved.Inputs[0], saved.Inputs[1]);
        bool half = table.DType == DType.Float16;
        if (!half)
        {
            Check.Type(Name, table, DType.Float32);
        }
        Check.Type(Name, ids, DType.Int32);
        Check.Rank(Name, table, 1);
        (table, ids) = (Layout.Contiguous(table), Layout.Contiguous(ids));
        int[] rows = ids.ToIntArray();
        if (Array.FindIndex(rows, row => (uint)row >= (uint)table.Shape[0]) is var wrong and >= 0)
        {
            throw new ShapeException($"gather: row number outside the table; "
                + $"got {rows[wrong]} at place {wrong}; expected 0..{table.Shape[0] - 1}.");
        }
        Tensor y = Tensor.Empty(Shape.Create([.. ids.Shape.Axes, .. table.Shape.Axes[1..]]), table.Device);
        Launch(half ? "half_gather_forward" : "gather_forward", ids.Shape.Elements, [table, ids, y], table.Shape[0],
            table.Shape[1..].Elements);
        saved.Keep(ids, half ? table : ids); // the former to say that it has no gradient
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        Tensor ids = saved[0];
        HalfPrecision.RefuseGradient(Name, saved[1]);
        Shape table = saved.InputShapes[0];
        Tensor dTable = Layout.Zeros(table.Prepend(dy.Shape[0]), dy.Device);
        Launch("gather_backward", new WorkSize(ids.Shape.Elements, dy.Shape[0]), [ids, Layout.Contiguous(dy), dTable], table[0],
            table[1..].Elements);
        return [dTable, null];
    }

    public static OpRow Row { get; } = new("gather", "y[…, ·] = table[ids[…], ·]", () =>
    [
        Call([2, 3], [2]), Call([1, 1], [1]), Call([3, 17], [2, 5]), Call([17, 257], [3, 1]), Call([257], [17]), Call([5, 3, 7], [17]),
        Call([23, 1031], [3, 23]), Call([3, 17], [2, 5], half: true), Call([5, 3, 7], [17], half: true),
        Call([50257, 768], [4, 256]) with { IsBenchmark = true },
    ])
    {
        Definition = typeof(Gather),
        Kernels =
        [
            new("gather_forward", GatherCpu.Forward, GpuKernel.Rows("gather")),
            new("half_gather_forward", GatherCpu.HalfForward, GpuKernel.Rows("gather")),
            new("gather_backward", GatherCpu.Backward, GpuKernel.Rows("gather")),
            Layout.FillKernel,
        ],
        Tolerance = new(1e-6, 1e-6, "the gradient adds rows that occur more than once"),
    };

    /// <summary>The op in float64, which the reference of int8_gather uses too.</summary>
    internal static Array64 Reference(Array64 table, Array64 ids)
    {
        int d = table.Shape[1..].Elements;
        double[] rows = [.. ids.Values.SelectMany(id => table.Values.Skip((int)id * d).Take(d))];
        return new(rows, Shape.Create([.. ids.Shape.Axes, .. table.Shape.Axes[1..]]));
    }

    private static OpCase Call(Shape table, Shape ids, bool half = false)
    {
        double moved = (double)ids.Elements * table[1..].Elements;
        OpInput[] inputs = [new(table, half ? OpValues.Half : OpValues.Normal), new(ids, OpValues.Index, table[0])];
        return new(inputs, t => t[0].Gather(t[1]))
        {
            Label = half ? "table float16" : "",
            Bytes = 4 * (((half ? 1.5 : 2) * moved) + ids.Elements), // only the rows that are asked for
            Reference = r => Reference(r[0], r[1]),
        };
    }
}

public static partial class TensorOps
{
    /// <summary>Rows of a table by number: y[…, ·] = table[ids[…], ·], e.g. token embeddings.</summary>
    /// <param name="table"><c>[rows, …d]</c></param>
    /// <param name="ids">int32 <c>[…]</c>, each in 0 … rows − 1.</param>
    /// <returns><c>[…ids, …d]</c></returns>
    /// <exception cref="ShapeException">A number lies outside the table.</exception>
    public static Tensor Gather(this Tensor table, Tensor ids) => Op.Apply(new Gather(), table, ids);
}
