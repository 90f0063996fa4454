using Vitrine.Tensors;

namespace Vitrine.Tests;

/// <summary>Reproducible inputs.</summary>
internal static class RandomTensor
{
    /// <summary>Standard normal numbers times <paramref name="scale"/>.</summary>
    public static Tensor Normal(int seed, Shape shape, float scale = 1)
    {
        var random = new Random(seed);
        float[] values = new float[shape.Elements];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = scale * (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
        return Tensor.From(values, shape);
    }
}
