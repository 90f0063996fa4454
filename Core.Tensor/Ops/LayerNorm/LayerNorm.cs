namespace Vitrine.Tensors;

/// <summary>
/// y = gamma · (x − mean) · rstd + beta over the last axis, with rstd = 1 / √(variance + epsilon) and the biased variance.
/// </summary>
/// <remarks>
/// x <c>[…, d]</c>, gamma <c>[d]</c>, beta <c>[d]</c>, y <c>[…, d]</c>. Source: Ba et al. 2016, eq. 4.
/// With x̂ = (x − mean)·rstd and g = dy·gamma: dx = rstd · (g − mean(g) − x̂ · mean(g·x̂)); dgamma = Σ dy·x̂; dbeta = Σ dy.
/// </remarks>
internal sealed class LayerNorm(float epsilon) : Op
{
    public override string Name => "layer_norm";

    public override Tensor Forward(Saved saved)
    {
        Array.ForEach(saved.Inputs, input => Check.Type(Name, input, DType.Float32));
        Check.Rank(Name, saved.Inputs[0], 1);
        (Tensor x, Tensor gamma, Tensor beta) =
            (Layout.Contiguous(saved.Inputs[0]), Layout.Contiguous(saved.Inputs[1]), Layout.Contiguous(saved.Inputs[2]));
        int d = x.Shape[^1], rows = x.Shape.Rows();
        Check.Shape(Name, "gamma", gamma, [d]);
        Check.Shape(Name, "beta", beta, [d]);
        Tensor y = Tensor.Empty(x.Shape, x.Device);
        Tensor mean = Tensor.Empty([rows], x.Device), rstd = Tensor.Empty([rows], x.Device);
        Launch("layer_norm_forward", rows, [x, gamma, beta, y, mean, rstd], d, epsilon);
        saved.Keep(x, gamma, mean, rstd);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor x, Tensor gamma) = (saved[0], saved[1]);
        (Tensor mean, Tensor rstd) = (saved[2], saved[3]);
        int d = x.Shape[^1], rows = x.Shape.Rows(), seeds = dy.Shape[0];
        dy = Layout.Contiguous(dy);
        Tensor? dx = null, dgamma = null, dbeta = null;
        if (needs[0])
        {
            dx = Tensor.Empty(dy.Shape, x.Device);
            Launch("layer_norm_backward", new WorkSize(rows, seeds), [x, gamma, mean, rstd, dy, dx], d);
        }
        if (needs[1])
        {
            dgamma = Tensor.Empty([seeds, d], x.Device);
            Launch("layer_norm_backward_gamma", new WorkSize(d, seeds), [x, mean, rstd, dy, dgamma], rows);
        }
        if (needs[2])
        {
            dbeta = Broadcasting.SumTo(dy, saved.InputShapes[2]);
        }
        return [dx, dgamma, dbeta];
    }

    public static OpRow Row { get; } = new("layer_norm", "y = gamma · (x − mean) / √(variance + epsilon) + beta over the last axis",
        () => OpCase.Sizes(s => new([new(s), new([s[^1]]), new([s[^1]])], t => t[0].LayerNorm(t[1], t[2], 1e-5f))
        {
            Reference = r => Reference(r[0], r[1], r[2], 1e-5f),
        }, new(8, 6)))
    {
        Definition = typeof(LayerNorm),
        Kernels =
        [
            new("layer_norm_forward", LayerNormCpu.Forward, GpuKernel.Rows("layer_norm")),
            new("layer_norm_backward", LayerNormCpu.Backward, GpuKernel.Rows("layer_norm")),
            new("layer_norm_backward_gamma", LayerNormCpu.BackwardGamma, GpuKernel.Tiles("layer_norm", 16, 1)),
        ],
        Tolerance = new(2e-5, 2e-5, "rows of 2 or 3 elements may be nearly constant, which magnifies the rounding of the mean"),
    };

    private static Array64 Reference(Array64 x, Array64 gamma, Array64 beta, double epsilon) => x.MapRows(row =>
    {
        double mean = row.Average(), root = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + epsilon);
        return [.. row.Select((v, i) => (gamma.Values[i] * (v - mean) / root) + beta.Values[i])];
    });
}

public static partial class TensorOps
{
    /// <summary>y = gamma · (x − mean) / √(variance + epsilon) + beta over the last axis (Ba et al. 2016).</summary>
    /// <param name="x"><c>[…, d]</c></param>
    /// <param name="gamma"><c>[d]</c></param>
    /// <param name="beta"><c>[d]</c></param>
    /// <param name="epsilon">Keeps the root away from 0; 1e-5 in GPT-2, 1e-12 in BERT.</param>
    public static Tensor LayerNorm(this Tensor x, Tensor gamma, Tensor beta, float epsilon) =>
        Op.Apply(new LayerNorm(epsilon), x, gamma, beta);
}
