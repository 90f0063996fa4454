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
    /// <param name="cancellation">Stops between pairs.</param>
    /// <exception cref="VitrineException">There are no pairs.</exception>
    public static SteeringVector From(ITransformer model, string hook, IReadOnlyList<(int[] Positive, int[] Negative)> pairs,
        CancellationToken cancellation = default)
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
            cancellation.ThrowIfCancellationRequested();
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

    /// <summary>How well it tells the sides of its pairs apart, each pair being left out of the vector that it is projected on.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The pairs that made it.</param>
    /// <param name="cancellation">Stops between pairs.</param>
    /// <returns>
    /// Table <c>projection</c> <c>[pair, side]</c>: last token's state · v/|v|, v made of the other pairs; NaN where there are none.
    /// Numbers <c>length</c>, <c>pairs</c>, and <c>separated</c>, the share of pairs whose positive side projects further.
    /// </returns>
    public InsideResult Separation(ITransformer model, IReadOnlyList<(int[] Positive, int[] Negative)> pairs,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        float[] all = Vector.ToArray();
        List<double> values = [];
        foreach ((int[] positive, int[] negative) in pairs)
        {
            cancellation.ThrowIfCancellationRequested();
            float[] p = Last(model, Hook, positive), n = Last(model, Hook, negative);
            double[] others = [.. all.Select((v, i) => ((pairs.Count * (double)v) - (p[i] - n[i])) / (pairs.Count - 1))];
            double length = Math.Sqrt(others.Sum(v => v * v));
            double Along(float[] state) => state.Select((v, i) => v * others[i]).Sum() / length;
            values.AddRange([Along(p), Along(n)]);
        }
        return new()
        {
            Method = "steering_vector",
            Numbers = new Dictionary<string, double>
            {
                ["length"] = Length,
                ["pairs"] = pairs.Count,
                ["separated"] = pairs.Count < 2 ? double.NaN
                    : Enumerable.Range(0, pairs.Count).Count(i => values[2 * i] > values[(2 * i) + 1]) / (double)pairs.Count,
            },
            Tables =
            [
                InsideTable.Of("projection", "last token's state along the vector of the other pairs", [.. values],
                    InsideAxis.Numbered("pair", pairs.Count), new InsideAxis("side", ["positive", "negative"])),
            ],
            Parameters = new Dictionary<string, string> { ["hook"] = Hook },
        };
    }

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
