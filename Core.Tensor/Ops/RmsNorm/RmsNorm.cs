namespace Vitrine.Tensors;

/// <summary>y = gamma · x · rstd over the last axis, with rstd = 1 / √(mean(x²) + epsilon).</summary>
/// <remarks>
/// x <c>[…, d]</c>, gamma <c>[d]</c>, y <c>[…, d]</c>. Source: Zhang and Sennrich 2019, eq. 4; Llama's norm.
/// With x̂ = x·rstd and g = dy·gamma: dx = rstd · (g − x̂ · mean(g·x̂)); dgamma = Σ dy·x̂.
/// </remarks>
internal sealed class RmsNorm(float epsilon) : Op
{
    public override string Name => "rms_norm";

    public override Tensor Forward(Saved saved)
    {
        Array.ForEach(saved.Inputs, input => Check.Type(Name, input, DType.Float32));
        Check.Rank(Name, saved.Inputs[0], 1);
        (Tensor x, Tensor gamma) = (Layout.Contiguous(saved.Inputs[0]), Layout.Contiguous(saved.Inputs[1]));
        int d = x.Shape[^1], rows = x.Shape.Rows();
        Check.Shape(Name, "gamma", gamma, [d]);
        Tensor y = Tensor.Empty(x.Shape, x.Device), rstd = Tensor.Empty([rows], x.Device);
        Launch("rms_norm_forward", rows, [x, gamma, y, rstd], d, epsilon);
        saved.Keep(x, gamma, rstd);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor x, Tensor gamma, Tensor rstd) = (saved[0], saved[1], saved[2]);
        int d = x.Shape[^1], rows = x.Shape.Rows(), seeds = dy.Shape[0];
        dy = Layout.Contiguous(dy);
        Tensor? dx = null, dgamma = null;
        if (needs[0])
        {
            dx = Tensor.Empty(dy.Shape, x.Device);
            Launch("rms_norm_backward", new WorkSize(rows, seeds), [x, gamma, rstd, dy, dx], d);
        }
        if (needs[1])
        {
            dgamma = Tensor.Empty([seeds, d], x.Device);
            Launch("rms_norm_backward_gamma", new WorkSize(d, seeds), [x, rstd, dy, dgamma], rows);
        }
        return [dx, dgamma];
    }

    public static OpRow Row { get; } = new("rms_norm", "y = gamma · x / √(mean(x²) + epsilon) over the last axis", () => OpCase.Sizes(
        s => new([new(s), new([s[^1]])], t => t[0].RmsNorm(t[1], 1e-5f)) { Reference = r => Reference(r[0], r[1], 1e-5f) },
        new(4, 3)))
    {
        Definition = typeof(RmsNorm),
        Kernels =
        [
            new("rms_norm_forward", RmsNormCpu.Forward, GpuKernel.Rows("rms_norm")),
            new("rms_norm_backward", RmsNormCpu.Backward, GpuKernel.Rows("rms_norm")),
            new("rms_norm_backward_gamma", RmsNormCpu.BackwardGamma, GpuKernel.Tiles("rms_norm", 16, 1)),
        ],
        Tolerance = new(1e-5, 1e-5, "the gradient of a row of one element is nearly 0 by cancellation"),
    };

    private static Array64 Reference(Array64 x, Array64 gamma, double epsilon) => x.MapRows(row =>
    {
        double root = Math.Sqrt(row.Average(v => v * v) + epsilon);
        return [.. row.Select((v, i) => gamma.Values[i] * v / root)];
    });
}

public static partial class TensorOps
{
    /// <summary>y = gamma · x / √(mean(x²) + epsilon) over the last axis (Zhang and Sennrich 2019).</summary>
    /// <param name="x"><c>[…, d]</c></param>
    /// <param name="gamma"><c>[d]</c></param>
    /// <param name="epsilon">Keeps the root away from 0; 1e-5 or 1e-6 in Llama.</param>
    public static Tensor RmsNorm(this Tensor x, Tensor gamma, float epsilon) => Op.Apply(new RmsNorm(epsilon), x, gamma);
}
