namespace Vitrine.Tensors;

/// <summary>y = x / (1 − p) with probability 1 − p, else 0; backward uses the same mask.</summary>
/// <remarks>
/// Source: Srivastava et al. 2014, scaled at training time. Whether element i is kept is a function of the seed and of i alone (Philox, Salmon et al.
/// 2011), so the mask is the same for any number of threads, in backward and on every device, and is not stored.
/// </remarks>
internal sealed class Dropout(float p, int seed) : Op
{
    public override string Name => "dropout";

    public override Tensor Forward(Saved saved)
    {
        Check.Type(Name, saved.Inputs[0], DType.Float32);
        if (!(p >= 0 && p < 1))
        {
            throw new ShapeException($"{Name}: not a probability of dropping; got {p}; expected 0 or more and less than 1.");
        }
        return Mask(Layout.Contiguous(saved.Inputs[0]), saved.InputShapes[0].Elements, 1);
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [Mask(Layout.Contiguous(dy), saved.InputShapes[0].Elements, dy.Shape[0])];

    private Tensor Mask(Tensor x, int elements, int seeds)
    {
        Tensor y = Tensor.Empty(x.Shape, x.Device);
        Launch("dropout_forward", new WorkSize(elements, seeds), [x, y], p, seed);
        return y;
    }
}
