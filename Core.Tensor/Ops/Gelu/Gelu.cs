namespace Vitrine.Tensors;

/// <summary>
/// y = x · Φ(x) with the standard normal distribution Φ(x) = ½ · (1 + erf(x / √2)); dy/dx = Φ(x) + x · φ(x).
/// </summary>
/// <remarks>Source: Hendrycks and Gimpel 2016. BERT's <c>gelu</c>.</remarks>
internal sealed class Gelu : Unary
{
    public override string Name => "gelu";
}

/// <summary>
/// y = ½ · x · (1 + tanh u) = x · σ(2u) with u = √(2/π) · (x + 0.044715 · x³); dy/dx = σ(2u) + x · σ(2u) · (1 − σ(2u)) · 2u′.
/// </summary>
/// <remarks>Source: Hendrycks and Gimpel 2016, section 2. GPT-2's <c>gelu_new</c>.</remarks>
internal sealed class GeluTanh : Unary
{
    public override string Name => "gelu_tanh";
}
