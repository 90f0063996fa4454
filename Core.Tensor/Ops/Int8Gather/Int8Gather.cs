namespace Vitrine.Tensors;

/// <summary>y[…, ·] = q[ids[…], ·] · scale[ids[…]]: rows of an 8-bit table by number, e.g. token embeddings.</summary>
/// <remarks>
/// q int8 <c>[rows, d]</c>, scale <c>[rows]</c>, ids int32 <c>[…]</c>, y <c>[…ids, d]</c>. The table has no gradient; what is computed from
/// y has.
/// </remarks>
internal sealed class Int8Gather : Op
{
    public override string Name => "int8_gather";

    public override Tensor Forward(Saved saved)
    {
        (Tensor q, Tensor scale, Tensor ids) = (saved.Inputs[0], saved.Inputs[1], saved.Inputs[2]);
        Check.Type(Name, ids, DType.Int32);
        ids = Layout.Contiguous(ids);
        int[] rows = ids.ToIntArray();
        if (Array.FindIndex(rows, row => (uint)row >= (uint)q.Shape[0]) is var wrong and >= 0)
        {
            throw new ShapeException($"{Name}: row number outside the table; "
                + $"got {rows[wrong]} at place {wrong}; expected 0..{q.Shape[0] - 1}.");
        }
        Tensor y = Tensor.Empty(ids.Shape.Append(q.Shape[1]), q.Device);
        Launch("int8_gather_forward", ids.Shape.Elements, [q, scale, ids, y], q.Shape[0], q.Shape[1]);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        throw new NoGradientException(Name, "its table is rounded to 8 bits; load the model without quantising to train it");

    public static OpRow Row { get; } = new("int8_gather", "y[…, ·] = q[ids[…], ·] · scale[ids[…]]", () =>
    [
        Call([2, 3], [2]), Call([1, 1], [1]), Call([3, 17], [2, 5]), Call([17, 257], [3, 1]), Call([23, 1031], [3, 23]),
        Call([50257, 768], [4, 256]) with { IsBenchmark = true },
    ])
    {
        Definition = typeof(Int8Gather),
        Kernels = [new("int8_gather_forward", Int8GatherCpu.Forward, GpuKernel.Rows("gather"))],
    };

    private static OpCase Call(Shape table, Shape ids)
    {
        double moved = (double)ids.Elements * table[1];
        OpInput[] inputs = [new(table, OpValues.Int8), new([table[0]], OpValues.RowScale), new(ids, OpValues.Index, table[0])];
        return new(inputs, t => new Int8Matrix(t[0], t[1]).Gather(t[2]))
        {
            Bytes = (5 * moved) + (8.0 * ids.Elements),
            Reference = r => Tensors.Gather.Reference(Int8MatMul.Dequantized(r[0], r[1]), r[2]),
        };
    }
}

public static partial class TensorOps
{
    /// <summary>Rows of an 8-bit table: y[…, ·] = table[ids[…], ·].</summary>
    /// <param name="table"><c>[rows, d]</c></param>
    /// <param name="ids">int32 <c>[…]</c>, each in 0 … rows − 1.</param>
    /// <returns>float32 <c>[…, d]</c></returns>
    /// <exception cref="ShapeException">A number is outside the table.</exception>
    public static Tensor Gather(this Int8Matrix table, Tensor ids)
    {
        Tensor y = Op.Apply(new Int8Gather(), table.Values, table.Scale, ids);
        return table.Outliers is { } outliers ? y + outliers.Gather(ids) : y;
    }
}
