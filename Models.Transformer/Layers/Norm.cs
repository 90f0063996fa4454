using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// LayerNorm, y = w·(x − mean)/scale [+ b] with scale = √(variance + ε), or RMSNorm, y = w·x/scale with scale = √(mean x² + ε); Gemma's has
/// 1 + w for w.
/// </summary>
/// <remarks>
/// TransformerLens hooks LayerNorm's <c>hook_normalized</c> after w and b, but RMSNorm's before w; so do we. <c>hook_scale</c> (and
/// RMSNorm's <c>hook_normalized</c>) lie inside the fused op: the formula is written out only while they are watched.
/// </remarks>
internal sealed class Norm
{
    private readonly Parameter _w;
    private readonly Parameter? _b; // null: RMSNorm, or LayerNorm without
    private readonly bool _rms;
    private readonly float _epsilon;
    private readonly HookPoint _scale, _normalized;

    private Norm(ModulePath path, int d, float epsilon, bool rms, bool bias, bool plusOne, string axes, string width)
    {
        _w = path.Weight("w", [d]);
        _b = bias ? path.Weight("b", [d]) : null;
        (_w.Shift, _w.IsCentred) = (plusOne ? 1 : 0, !rms);
        (_epsilon, _rms) = (epsilon, rms);
        _scale = path.Hook("hook_scale", $"[{axes}, 1]");
        _normalized = path.Hook("hook_normalized", $"[{axes}, {width}]");
    }

    /// <summary>Ba et al. 2016.</summary>
    public static Norm Layer(ModulePath path, int d, float epsilon, bool bias = true, bool plusOne = false) =>
        new(path, d, epsilon, rms: false, bias, plusOne, "batch, pos", "d_model");

    /// <summary>Zhang and Sennrich 2019.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="d">Width of what is normalised.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="plusOne">Whether the weights are stored less 1, as Gemma does.</param>
    /// <param name="axes">The axes before the normalised one, for the hook points: a norm of queries may have heads among them.</param>
    /// <param name="width">The name of the normalised axis.</param>
    public static Norm Rms(
        ModulePath path, int d, float epsilon, bool plusOne = false, string axes = "batch, pos", string width = "d_model") =>
        new(path, d, epsilon, rms: true, bias: false, plusOne, axes, width);

    /// <summary><c>[…, d]</c> → the same.</summary>
    public Tensor Run(Tensor x)
    {
        if (_rms)
        {
            return _scale.IsWatched || _normalized.IsWatched
                ? _normalized.Run(x / Scale(x)) * Gain
                : x.RmsNorm(Gain, _epsilon);
        }
        if (!_scale.IsWatched)
        {
            return _normalized.Run(x.LayerNorm(Gain, _b?.Value ?? Tensor.Zeros(_w.Shape, x.Device), _epsilon));
        }
        Tensor centred = x - x.Mean([-1], keepAxes: true);
        Tensor scaled = centred / Scale(centred) * Gain;
        return _normalized.Run(_b is null ? scaled : scaled + _b.Value);
    }

    private Tensor Gain => _w.Effective;

    private Tensor Scale(Tensor x) => _scale.Run((x * x).Mean([-1], keepAxes: true).Scale(1, _epsilon).Sqrt()); // […, 1]
}
