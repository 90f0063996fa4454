using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Standard normal numbers from a seed, by the polar form of Box and Muller.</summary>
internal sealed class Noise(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>A number in [0, 1).</summary>
    public double Uniform() => _random.NextDouble();

    /// <summary>A whole number in 0 … <paramref name="count"/> − 1.</summary>
    public int Choice(int count) => _random.Next(count);

    /// <summary>Normal numbers with mean 0 and the given standard deviation.</summary>
    /// <param name="side">The input that gets them: one number per value of its embeddings.</param>
    /// <param name="scale">The deviation.</param>
    /// <param name="skip">Tokens that get none.</param>
    /// <returns><c>[pos, d_model]</c></returns>
    public Tensor Normal(InputSide side, double scale, TokenFilter? skip)
    {
        Shape shape = side.Embeddings.Shape;
        float[] values = new float[shape.Elements];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }
        for (int p = 0; p < side.Length && skip is not null; p++)
        {
            if (skip.Has(side, p))
            {
                values.AsSpan(p * shape[^1], shape[^1]).Clear();
            }
        }
        return Tensor.From(values, shape);
    }
}
