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
    public Tensor Normal(Shape shape, double scale)
    {
        float[] values = new float[shape.Elements];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }
        return Tensor.From(values, shape);
    }
}
