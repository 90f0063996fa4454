using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>y = x·W + b, with W <c>[d_in, d_out]</c> (a view of whatever the checkpoint stores) and b <c>[d_out]</c>, or no bias.</summary>
internal sealed class Linear
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly float _factor;

    private Linear(Parameter weight, Parameter? bias, float factor)
    {
        (_weight, _bias, _factor) = (weight, bias, factor);
        weight.Factor = factor;
        bias?.Factor = factor;
    }

    /// <summary>
    /// The weights <c>W_name</c> and <c>b_name</c> of a module (TransformerLens' names: <c>Q</c>, <c>in</c>); <c>W</c> and <c>b</c> for the
    /// name "".
    /// </summary>
    /// <param name="path">The module.</param>
    /// <param name="name">The end of the weights' names.</param>
    /// <param name="dIn">Number of inputs.</param>
    /// <param name="dOut">Number of outputs.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <param name="part">Which outputs of the stored tensors it has; null: all.</param>
    /// <param name="factor">What the stored weights and biases are multiplied by.</param>
    public static Linear Of(ModulePath path, string name, int dIn, int dOut, bool bias = true, StoredPart? part = null, float factor = 1)
    {
        string end = name.Length == 0 ? "" : $"_{name}";
        return new(path.Linear($"W{end}", dIn, dOut, part), bias ? path.Weight($"b{end}", [dOut], part) : null, factor);
    }

    /// <summary>The matrix in float32, <c>[d_in, d_out]</c>.</summary>
    public Tensor W => _weight.Effective;

    /// <summary>The bias <c>[d_out]</c>, or null.</summary>
    public Tensor? B => _bias?.Effective;

    /// <summary><c>[…, d_in]</c> → <c>[…, d_out]</c></summary>
    public Tensor Run(Tensor x)
    {
        Tensor y = _weight.Product(x, _bias?.Value);
        return _factor == 1 ? y : y.Scale(_factor);
    }
}
