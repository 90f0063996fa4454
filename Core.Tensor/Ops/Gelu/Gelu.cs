namespace Vitrine.Tensors;

/// <summary>
/// y = x · Φ(x) with the standard normal distribution Φ(x) = ½ · (1 + erf(x / √2)); dy/dx = Φ(x) + x · φ(x).
/// </summary>
/// <remarks>Source: Hendrycks and Gimpel 2016. BERT's <c>gelu</c>.</remarks>
internal sealed class Gelu : Unary
{
    public override string Name => "gelu";

    public static OpRow Row { get; } = Describe<Gelu>(
        new("gelu_forward", UnaryCpu.Forward<GeluCpu.Exact>, GpuKernel.Elements("gelu")),
        new("gelu_backward", UnaryCpu.Backward<GeluCpu.Exact>, GpuKernel.Elements("gelu", loopsOverSeeds: true)),
        "gelu", "y = x · Φ(x), Φ the standard normal distribution", x => x.Gelu(), x => x * NormalCdf(x), new(41, 25, 1),
        backward: new(43, 28, 1));

    /// <summary>The standard normal distribution: its series around 0, its continued fraction in the tails.</summary>
    internal static double NormalCdf(double x)
    {
        double a = Math.Abs(x), density = Math.Exp(-a * a / 2) / Math.Sqrt(2 * Math.PI), tail;
        if (a < 3)
        {
            double term = a, sum = a;
            for (int k = 1; term > 1e-18 * sum; k++)
            {
                term *= a * a / ((2 * k) + 1);
                sum += term;
            }
            tail = 0.5 - (density * sum);
        }
        else
        {
            double fraction = a;
            for (int k = 200; k > 0; k--)
            {
                fraction = a + (k / fraction);
            }
            tail = density / fraction;
        }
        return x > 0 ? 1 - tail : tail;
    }
}

/// <summary>
/// y = ½ · x · (1 + tanh u) = x · σ(2u) with u = √(2/π) · (x + 0.044715 · x³); dy/dx = σ(2u) + x · σ(2u) · (1 − σ(2u)) · 2u′.
/// </summary>
/// <remarks>Source: Hendrycks and Gimpel 2016, section 2. GPT-2's <c>gelu_new</c>.</remarks>
internal sealed class GeluTanh : Unary
{
    public override string Name => "gelu_tanh";

    public static OpRow Row { get; } = Describe<GeluTanh>(
        new("gelu_tanh_forward", UnaryCpu.Forward<GeluCpu.TanhForm>, GpuKernel.Elements("gelu")),
        new("gelu_tanh_backward", UnaryCpu.Backward<GeluCpu.TanhForm>, GpuKernel.Elements("gelu", loopsOverSeeds: true)),
        "gelu_tanh", "y = ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))", x => x.GeluTanh(),
        x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))), new(23, 16, 1));
}

public static partial class TensorOps
{
    /// <summary>y = x · Φ(x), Φ the standard normal distribution: the exact (erf) form; <c>gelu</c> of BERT.</summary>
    public static Tensor Gelu(this Tensor x) => Op.Apply(new Gelu(), x);

    /// <summary>y = ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))): the tanh form; <c>gelu_new</c> of GPT-2.</summary>
    public static Tensor GeluTanh(this Tensor x) => Op.Apply(new GeluTanh(), x);
}
