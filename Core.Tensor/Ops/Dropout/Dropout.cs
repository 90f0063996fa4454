namespace Vitrine.Tensors;

/// <summary>y = x / (1 − p) with probability 1 − p, else 0; backward uses the same mask.</summary>
/// <remarks>
/// Source: Srivastava et al. 2014, scaled at training time. Whether element i is kept is a function of the seed and of i alone (Philox,
/// Salmon et al. 2011), so the mask is the same for any number of threads, in backward and on every device, and is not stored.
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

    public static OpRow Row { get; } = new("dropout", "y = x / (1 − p) with probability 1 − p, else 0; "
        + "the mask is a function of seed and place",
        () => OpCase.Sizes(s => new([new(s)], t => t[0].Dropout(0.3f, 11)) { Reference = r => Reference(r[0], 0.3f, 11) }, 1))
    {
        Definition = typeof(Dropout),
        Kernels = [new("dropout_forward", DropoutCpu.Forward, GpuKernel.Elements("dropout", loopsOverSeeds: true))],
    };

    /// <summary>x is kept where Philox's word is not below p · 2³².</summary>
    private static Array64 Reference(Array64 x, float p, int seed)
    {
        uint threshold = (uint)(p * 4294967296.0);
        return new([.. x.Values.Select((v, i) => Word(i) < threshold ? 0 : v / (1 - (double)p))], x.Shape);

        uint Word(int i) => Philox.Draw(new((uint)i / 4, 0, 0, 0), (uint)seed, 0)[i % 4];
    }
}

public static partial class TensorOps
{
    /// <summary>
    /// Each element is 0 with probability <paramref name="p"/>, else divided by 1 − p. The same seed gives the same mask, on any number of
    /// threads.
    /// </summary>
    /// <param name="x"><c>[…]</c></param>
    /// <param name="p">Probability of dropping, 0 ≤ p &lt; 1.</param>
    /// <param name="seed">A number of one's own for every layer and step.</param>
    public static Tensor Dropout(this Tensor x, float p, int seed) => Op.Apply(new Dropout(p, seed), x);
}
