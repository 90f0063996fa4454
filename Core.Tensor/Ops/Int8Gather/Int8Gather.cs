namespace Vitrine.Tensors;

/// <summary>y[…, ·] = q[ids[…], ·] · scale[ids[…]]: rows of an 8-bit table by number, e.g. token embeddings.</summary>
/// <remarks>q int8 <c>[rows, d]</c>, scale <c>[rows]</c>, ids int32 <c>[…]</c>, y <c>[…ids, d]</c>. The table has no gradient; what is computed from y has.</remarks>
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
            throw new ShapeException($"{Name}: row number outside the table; got {rows[wrong]} at place {wrong}; expected 0..{q.Shape[0] - 1}.");
        }
        Tensor y = Tensor.Empty(ids.Shape.Append(q.Shape[1]), q.Device);
        Launch("int8_gather_forward", ids.Shape.Elements, [q, scale, ids, y], q.Shape[0], q.Shape[1]);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        throw new NoGradientException(Name, "its table is rounded to 8 bits; load the model without quantising to train it");
}
