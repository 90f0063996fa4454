namespace Vitrine.Tensors;

/// <summary>y = value where the mask is not 0, x elsewhere; dx = 0 where the mask is not 0, dy elsewhere.</summary>
/// <remarks>x <c>[…]</c> float32, mask int32 and broadcastable to x, y of x's shape.</remarks>
internal sealed class MaskedFill(float value) : Op
{
    public override string Name => "masked_fill";

    public override Tensor Forward(Saved saved)
    {
        (Tensor x, Tensor mask) = (saved.Inputs[0], saved.Inputs[1]);
        Check.Type(Name, x, DType.Float32);
        Check.Type(Name, mask, DType.Int32);
        if (Shape.Broadcast(x.Shape, mask.Shape, Name) != x.Shape)
        {
            throw new ShapeException($"{Name}: the mask does not fit; got mask {mask.Shape} for x {x.Shape}; expected a shape that broadcasts to x's.");
        }
        saved.Keep(mask);
        return Binary.Run("masked_fill_forward", x, mask, value);
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [Binary.Run("masked_fill_forward", dy, saved[0], 0f), null];
}
