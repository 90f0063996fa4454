namespace Vitrine.Tensors;

/// <summary>y[…, ·] = table[ids[…], ·]: rows of a table by number, e.g. token embeddings.</summary>
/// <remarks>
/// table <c>[rows, …d]</c>, float32 or float16 (then it has no gradient), ids int32 <c>[…]</c>, y <c>[…ids, …d]</c>. Backward adds every row of dy to the table row it came from, in the order of
/// the ids, so the sum is the same from run to run.
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
            throw new ShapeException($"gather: row number outside the table; got {rows[wrong]} at place {wrong}; expected 0..{table.Shape[0] - 1}.");
        }
        Tensor y = Tensor.Empty(Shape.Create([.. ids.Shape.Axes, .. table.Shape.Axes[1..]]), table.Device);
        Launch(half ? "half_gather_forward" : "gather_forward", ids.Shape.Elements, [table, ids, y], table.Shape[0], table.Shape[1..].Elements);
        saved.Keep(ids, half ? table : ids); // the former to say that it has no gradient
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        Tensor ids = saved[0];
        HalfPrecision.RefuseGradient(Name, saved[1]);
        Shape table = saved.InputShapes[0];
        Tensor dTable = Layout.Zeros(table.Prepend(dy.Shape[0]), dy.Device);
        Launch("gather_backward", new WorkSize(ids.Shape.Elements, dy.Shape[0]), [ids, Layout.Contiguous(dy), dTable], table[0], table[1..].Elements);
        return [dTable, null];
    }
}
