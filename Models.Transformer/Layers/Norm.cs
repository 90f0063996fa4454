using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// LayerNorm, y = w·(x − mean)/scale + b with scale = √(variance + ε), or RMSNorm, y = w·x/scale with scale = √(mean x² + ε).
/// </summary>
/// <remarks>
/// TransformerLens hooks LayerNorm's <c>hook_normalized</c> behind w and b, but RMSNorm's before w; so do we. <c>hook_scale</c> (and
/// RMSNorm's <c>hook_normalized</c>) lie inside the fused op: the formula is written out only while somebody watches them.
/// </remarks>
internal sealed class Norm
{
    private readonly Parameter _w;
    private readonly Parameter? _b; // null: RMSNorm
    private readonly float _epsilon;
    private readonly HookPoint _scale, _normalized;

    private Norm(ModulePath path, int d, float epsilon, bool rms)
    {
        _w = path.Weight("w", [d]);
        _b = rms ? null : path.Weight("b", [d]);
        _epsilon = epsilon;
        _scale = path.Hook("hook_scale", "[batch, pos, 1]");
        _normalized = path.Hook("hook_normalized", "[batch, pos, d_model]");
    }

    /// <summary>Ba et al. 2016.</summary>
    public static Norm Layer(ModulePath path, int d, float epsilon) => new(path, d, epsilon, rms: false);

    /// <summary>Zhang and Sennrich 2019.</summary>
    public static Norm Rms(ModulePath path, int d, float epsilon) => new(path, d, epsilon, rms: true);

    /// <summary><c>[batch, pos, d_model]</c> → the same.</summary>
    public Tensor Run(Tensor x)
    {
        if (_b is null)
        {
            return _scale.IsWatched || _normalized.IsWatched
                ? _normalized.Run(x / Scale(x)) * _w.Value
                : x.RmsNorm(_w.Value, _epsilon);
        }
        if (!_scale.IsWatched)
        {
            return _normalized.Run(x.LayerNorm(_w.Value, _b.Value, _epsilon));
        }
        Tensor centred = x - x.Mean([-1], keepAxes: true);
        return _normalized.Run((centred / Scale(centred) * _w.Value) + _b.Value);
    }

    private Tensor Scale(Tensor x) => _scale.Run((x * x).Mean([-1], keepAxes: true).Scale(1, _epsilon).Sqrt()); // [batch, pos, 1]
}
