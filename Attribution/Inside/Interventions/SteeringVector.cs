using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// A direction in the residual stream made from contrast pairs: the mean of positive − negative at their last token. Rimsky et al. 2024
/// (CAA).
/// </summary>
/// <param name="Hook">Where it was read, and where it is added.</param>
/// <param name="Vector"><c>[d_model]</c></param>
/// <param name="Pairs">How many pairs made it.</param>
public sealed record SteeringVector(string Hook, Tensor Vector, int Pairs)
{
    private const string Name = "steering_vector";

    /// <summary>Makes a vector.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hook">A stream's hook.</param>
    /// <param name="pairs">Token ids of a positive and a negative text; their lengths may differ.</param>
    /// <exception cref="VitrineException">There are no pairs.</exception>
    public static SteeringVector From(ITransformer model, string hook, IReadOnlyList<(int[] Positive, int[] Negative)> pairs)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs.Count == 0)
        {
            throw new VitrineException("steering: no pairs; expected at least one positive and one negative text.");
        }
        double[]? sum = null;
        foreach ((int[] positive, int[] negative) in pairs)
        {
            float[] p = Last(model, hook, positive), n = Last(model, hook, negative);
            sum ??= new double[p.Length];
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += ((double)p[i] - n[i]) / pairs.Count;
            }
        }
        return new(hook, Tensor.From([.. sum!.Select(v => (float)v)], [sum!.Length]), pairs.Count);
    }

    /// <summary>Its length.</summary>
    public double Length => Math.Sqrt(Vector.ToArray().Sum(v => (double)v * v));

    /// <summary>Adds it with a strength.</summary>
    /// <param name="strength">Its factor; negative turns it round.</param>
    /// <param name="positions">Which positions; null: all.</param>
    public Intervention Times(float strength, InsidePositions? positions = null) => Intervention.Add(Hook, Vector, strength, positions);

    /// <summary>Writes it as safetensors.</summary>
    public void Save(string path) => SafetensorsWriter.Save(
        path, [new WeightData(Name, Vector)], new Dictionary<string,
            string>
        { ["hook"] = Hook, ["pairs"] = Pairs.ToString(CultureInfo.InvariantCulture), ["format"] = "pt" });

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="VitrineException">The file holds no steering vector.</exception>
    public static SteeringVector Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.Contains(Name) || !file.Metadata.TryGetValue("hook", out string? hook))
        {
            throw new VitrineException(
                $"{path}: no steering vector; got the tensors {string.Join(", ", file.Names)}; expected '{Name}' with the metadata "
                + $"'hook'.");
        }
        float[] values = file.ReadFloats(Name);
        return new(hook, Tensor.From(values, [values.Length]),
            int.TryParse(file.Metadata.GetValueOrDefault("pairs"), NumberStyles.None, CultureInfo.InvariantCulture, out int pairs) ? pairs
            : 0);
    }

    private static float[] Last(ITransformer model, string hook, int[] ids)
    {
        ModelInput input = ModelInput.Of(ids);
        input = model.Info.DecoderStartId is { } start ? input with { Target = ModelInput.Of([start]) } : input;
        Tensor x = PatchSweep.Capture(model, input, [hook])[hook];
        return x.Shape.Rank == 3 ? x.Select(0, 0).Select(0, x.Shape[1] - 1).ToArray()
            : throw new VitrineException($"steering: {hook} is no stream; got {x.Shape}; expected [batch, pos, d_model].");
    }
}
