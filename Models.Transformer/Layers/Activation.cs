using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>The activation functions by the names configs give them (Hugging Face's <c>ACT2FN</c>).</summary>
internal static class Activation
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> s_table = new(StringComparer.Ordinal)
    {
        ["gelu"] = x => x.Gelu(),
        ["gelu_python"] = x => x.Gelu(),
        ["gelu_new"] = x => x.GeluTanh(),
        ["gelu_pytorch_tanh"] = x => x.GeluTanh(),
        ["gelu_fast"] = x => x.GeluTanh(), // the same formula with its constants multiplied out
        ["gelu_accurate"] = x => x.GeluTanh(),
        ["quick_gelu"] = x => x * x.Scale(1.702f).Sigmoid(),
        ["relu"] = x => x.Relu(),
        ["relu2"] = x => x.Relu().Pow(2),
        ["silu"] = x => x.Silu(),
        ["swish"] = x => x.Silu(),
        ["tanh"] = x => x.Tanh(),
        ["sigmoid"] = x => x.Sigmoid(),
        ["linear"] = x => x,
    };

    /// <summary>cap·tanh(x / cap): nearly x where |x| is far below the cap, never beyond it.</summary>
    public static Tensor Capped(this Tensor x, float cap) => x.Scale(1 / cap).Tanh().Scale(cap);

    /// <summary>The function of that name.</summary>
    /// <exception cref="ModelException">There is none; the message lists those there are.</exception>
    public static Func<Tensor, Tensor> Named(string name) => s_table.TryGetValue(name, out Func<Tensor, Tensor>? function)
        ? function
        : throw new ModelException($"config: unsupported activation function; got '{name}'; "
            + $"expected one of {string.Join(", ", s_table.Keys)}.");
}
