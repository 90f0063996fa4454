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
        (Tensor x, Tensor gamma, Tensor beta) = (Layout.Contiguous(saved.Inputs[0]), Layout.Contiguous(saved.Inputs[1]), Layout.Contiguous(saved.Inputs[2]));
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
}
