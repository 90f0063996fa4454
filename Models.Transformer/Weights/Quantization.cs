using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Which weights of a model are held in fewer bits: as <see cref="Int8Matrix"/>, a quarter of float32's bytes, or in half precision.
/// </summary>
public enum Quantization
{
    /// <summary>None but those that the checkpoint stores so.</summary>
    None,

    /// <summary>
    /// The linear layers of all blocks: attention and feed-forward. Most of a large model, and the part that rounding harms least.
    /// </summary>
    Int8,

    /// <summary>Every matrix: the embedding tables, the unembedding, poolers and heads too.</summary>
    Int8All,

    /// <summary>
    /// Every matrix in half precision (<see cref="HalfPrecision"/>), half of float32's bytes. A checkpoint that stores float16 loses
    /// nothing.
    /// </summary>
    Half,
}

/// <summary>Names of the choices, and what each covers.</summary>
public static class Quantizations
{
    private static readonly Dictionary<string, Quantization> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["none"] = Quantization.None,
        ["int8"] = Quantization.Int8,
        ["int8-all"] = Quantization.Int8All,
        ["fp16"] = Quantization.Half,
    };

    /// <summary>The names that <see cref="Parse"/> understands.</summary>
    public static IReadOnlyCollection<string> Names => s_names.Keys;

    /// <summary>The choice of a name: <c>none</c>, <c>int8</c>, <c>int8-all</c>, <c>fp16</c>.</summary>
    /// <exception cref="ModelException">There is none of that name.</exception>
    public static Quantization Parse(string name) => s_names.TryGetValue(name, out Quantization quantization)
        ? quantization
        : throw new ModelException($"quantize: no such choice; got '{name}'; expected one of {string.Join(", ", Names)}.");

    /// <summary>The name of a choice.</summary>
    public static string Name(this Quantization quantization) => s_names.First(pair => pair.Value == quantization).Key;

    /// <summary>Checks a threshold of outlier columns.</summary>
    /// <param name="quantization">The choice it goes with.</param>
    /// <param name="outliers">In root mean squares of each matrix (<see cref="OutlierColumns"/>); infinity keeps none.</param>
    /// <exception cref="ModelException">It is negative or not a number, or nothing is to be rounded to 8 bits.</exception>
    public static void CheckOutliers(this Quantization quantization, float outliers)
    {
        if (!(outliers >= 0))
        {
            throw new ModelException($"quantize: not a threshold of outliers; "
                + $"got {outliers}; expected 0 or more root mean squares of a matrix, such as 4.");
        }
        if (quantization is not (Quantization.Int8 or Quantization.Int8All) && float.IsFinite(outliers))
        {
            throw new ModelException($"quantize: outliers are columns that rounding to 8 bits leaves alone; "
                + $"got a threshold of {outliers} and '{quantization.Name()}' to round; expected int8 or int8-all with it.");
        }
    }

    /// <summary>Whether a parameter is to be held in 8 bits.</summary>
    internal static bool Covers(this Quantization quantization, string name, ParameterKind kind) =>
        kind != ParameterKind.Other && quantization switch
        {
            Quantization.Int8 => kind == ParameterKind.Linear && IsInBlock(name),
            Quantization.Int8All => true,
            _ => false,
        };

    /// <summary>Whether a parameter is to be held in half precision, unless its checkpoint stores 8 bits.</summary>
    internal static bool CoversInHalf(this Quantization quantization, ParameterKind kind) =>
        quantization == Quantization.Half && kind != ParameterKind.Other;

    // blocks.3.attn.W_Q, decoder.0.cross_attn.W_K: a stack's name and a number come first.
    private static bool IsInBlock(string name) => name.Split('.') is [_, var number, _, ..] && number.All(char.IsAsciiDigit);
}
