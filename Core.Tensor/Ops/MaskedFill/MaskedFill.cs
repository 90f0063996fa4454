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
            throw new ShapeException($"{Name}: the mask does not fit; "
                + $"got mask {mask.Shape} for x {x.Shape}; expected a shape that broadcasts to x's.");
        }
        saved.Keep(mask);
        return Binary.Run("masked_fill_forward", x, mask, value);
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [Binary.Run("masked_fill_forward", dy, saved[0], 0f), null];

    public static OpRow Row { get; } = new("masked_fill", "y = value where the mask is not 0, x elsewhere", () =>
    [
        .. OpCase.Sizes(s => Call(s, s, -3), 1),
        Call([2, 3, 17], [3, 1], 0.5f) with { Label = "broadcast" },
    ])
    {
        Definition = typeof(MaskedFill),
        Kernels = [new("masked_fill_forward", BinaryCpu.MaskedFill, GpuKernel.Elements("binary"))],
        Tolerance = Tolerance.Exact,
    };

    private static OpCase Call(Shape x, Shape mask, float value) =>
        new([new(x), new(mask, OpValues.Index, 2)], t => t[0].MaskedFill(t[1], value))
        {
            Reference = r => r[0].Zip(r[1], (x, m) => m == 0 ? x : value),
        };
}

public static partial class TensorOps
{
    /// <summary>y = <paramref name="value"/> where the mask is not 0, x elsewhere.</summary>
    /// <param name="x"><c>[…]</c></param>
    /// <param name="mask">int32, broadcast to x.</param>
    /// <param name="value">What is put in, e.g. −∞ before a softmax.</param>
    public static Tensor MaskedFill(this Tensor x, Tensor mask, float value) => Op.Apply(new MaskedFill(value), x, mask);
}
