using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>The constants of <see cref="AdamW"/>; the defaults are PyTorch's.</summary>
public sealed record AdamWOptions
{
    /// <summary>β₁, how slowly the mean of the gradients forgets; in [0, 1).</summary>
    public float Beta1 { get; init => field = InUnit(value, nameof(Beta1)); } = 0.9f;

    /// <summary>β₂, how slowly the mean of the squared gradients forgets; in [0, 1).</summary>
    public float Beta2 { get; init => field = InUnit(value, nameof(Beta2)); } = 0.999f;

    /// <summary>ε, keeps the division finite; above 0.</summary>
    public float Epsilon
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Epsilon), value,
            "adamw: epsilon must be above 0.");
    } = 1e-8f;

    /// <summary>λ, the part of a weight that a step at learning rate 1 takes away; at least 0.</summary>
    public float WeightDecay
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(WeightDecay), value,
            "adamw: weight decay must not be negative.");
    } = 0.01f;

    /// <summary>
    /// Which weights decay. Default: all; <see cref="MatricesOnly"/> spares biases and norms, as is usual for transformers.
    /// </summary>
    public Func<Tensor, bool> Decays { get; init; } = static _ => true;

    /// <summary>True for weights of two or more axes: matrices and embedding tables, not biases, gammas and betas.</summary>
    public static bool MatricesOnly(Tensor weight) => weight.Shape.Rank >= 2;

    private static float InUnit(float value, string name) => value is >= 0 and < 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"adamw: {name} must lie in [0, 1).");
}
