using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>The random weights a training starts from.</summary>
public static class InitialWeights
{
    /// <summary>That of BERT and GPT-2, whose streams are 768 wide or more.</summary>
    public const double StandardDeviation = 0.02;

    /// <summary>
    /// Sets every weight by what it is: norms 1 and 0, biases 0, matrices and embeddings normal. Matrices that write to the residual stream
    /// (<c>W_O</c>, <c>W_out</c>) are smaller by √(2·layers), so that the stream does not grow with depth.
    /// </summary>
    /// <param name="model">Its weights are replaced.</param>
    /// <param name="seed">Equal seeds give equal weights.</param>
    /// <param name="deviation">Standard deviation of the normal weights. Narrow models learn faster from larger ones: about
    /// 0.5/√d_model.</param>
    /// <remarks>Source: Radford et al. 2019, section 2.3.</remarks>
    public static void Fill(ITransformer model, int seed, double deviation = StandardDeviation)
    {
        ArgumentNullException.ThrowIfNull(model);
        double residual = deviation / Math.Sqrt(2 * Math.Max(1, model.Info.NLayers));
        for (int i = 0; i < model.Parameters.Count; i++)
        {
            Parameter parameter = model.Parameters[i];
            string leaf = parameter.Name[(parameter.Name.LastIndexOf('.') + 1)..];
            parameter.Value = leaf switch
            {
                "w" => Tensor.Full(parameter.Value.Shape, 1),
                ['b', ..] => Tensor.Zeros(parameter.Value.Shape),
                "W_O" or "W_out" => Normal(parameter.Value.Shape, residual, RandomAt.Of(seed, i)),
                _ => Normal(parameter.Value.Shape, deviation, RandomAt.Of(seed, i)),
            };
        }
    }

    /// <summary>Normal numbers by Box and Muller 1958.</summary>
    private static Tensor Normal(Shape shape, double deviation, Random random)
    {
        float[] values = new float[shape.Elements];
        for (int i = 0; i < values.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())); // 1 − u is in (0, 1]
            values[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
        return Tensor.From(values, shape);
    }
}
