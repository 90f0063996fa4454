using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Runs a gradient method on several noisy copies of the input and puts the results together: <c>smoothgrad</c> their mean,
/// <c>smoothgrad_squared</c> the mean of their squares, <c>vargrad</c> their variance.
/// </summary>
/// <remarks>The method is <see cref="AttributionRequest.Around"/>, by default saliency with its sign.</remarks>
public sealed class NoiseTunnel : IAttributionMethod
{
    /// <summary>Samples when the request names none, as in Captum.</summary>
    public const int DefaultSamples = 5;

    private readonly Func<string, IAttributionMethod> _methods;
    private readonly Func<double, double, double> _combine;

    private NoiseTunnel(Func<string, IAttributionMethod> methods, string name, string citation, string sumsTo,
        Func<double, double, double> combine) =>
        (_methods, Name, Citation, SumsTo, _combine) = (methods, name, citation, sumsTo, combine);

    /// <summary>The three of them.</summary>
    /// <param name="methods">Finds the inner method by its name.</param>
    internal static NoiseTunnel[] All(Func<string, IAttributionMethod> methods) =>
    [
        new(methods, "smoothgrad", "Smilkov et al. 2017, SmoothGrad: removing noise by adding noise",
            "the mean of what the inner method sums to", (mean, _) => mean),
        new(methods, "smoothgrad_squared", "Hooker et al. 2019, A benchmark for interpretability methods in deep neural networks",
            "nothing in particular", (_, square) => square),
        new(methods, "vargrad", "Adebayo et al. 2018, Local explanation methods for deep neural networks lack sensitivity to parameter "
            + "values",
            "nothing in particular", (mean, square) => square - (mean * mean)),
    ];

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Citation { get; }

    /// <inheritdoc/>
    public string Cost => "samples × the inner method";

    /// <inheritdoc/>
    public string SumsTo { get; }

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var random = new Noise(request.Seed);
        double[] scale = [.. f.Sides.Select(side => request.NoiseScale
            ?? (request.Compat == Compat.Captum ? 1 : 0.15 * Range(side.Embeddings)))];
        int samples = request.Samples ?? DefaultSamples;
        IEnumerable<Tensor[]> noise = Enumerable.Range(0, samples)
            .Select(_ => f.Sides.Select((side, i) => random.Normal(side, scale[i], request.Skip)).ToArray());
        return Attribute(f, request, noise, samples, scale);
    }

    /// <summary>Explains with given noise, <c>[sample][side]</c>, which is drawn when its turn comes.</summary>
    internal AttributionResult Attribute(ScoreFunction f, AttributionRequest request, IEnumerable<Tensor[]> noise, int samples,
        double[] scale)
    {
        IAttributionMethod inner = _methods(request.Around);
        if (inner is NoiseTunnel)
        {
            throw new VitrineException($"{Name}: noise around noise; got '{request.Around}' as the inner method; expected another, e.g. "
                + $"saliency.");
        }
        var work = new Work(request, samples);
        double[][] means = Sweep.Totals(f), squares = Sweep.Totals(f);
        foreach (Tensor[] sample in noise)
        {
            work.Check();
            AttributionResult one = inner.Attribute(new MovedInput(f, [.. f.Sides.Select((side, i) => side.Embeddings + sample[i])]),
                request with { KeepRaw = true, Progress = null });
            for (int side = 0; side < means.Length; side++)
            {
                float[] raw = one.Sides[side].Raw is { } kept && kept.Shape.Elements == means[side].Length
                    ? kept.ToArray() : throw new VitrineException(
                    $"{Name}: the inner method gives no score per embedding value; got '{inner.Name}'; expected a gradient method, e.g. "
                    + $"saliency.");
                for (int i = 0; i < raw.Length; i++)
                {
                    means[side][i] += (double)raw[i] / samples;
                    squares[side][i] += (double)raw[i] * raw[i] / samples;
                }
            }
            work.Advance(1);
        }
        return new Report(this, f, request)
        {
            Raw = [.. means.Select((side, s) => side.Select((mean, i) => _combine(mean, squares[s][i])).ToArray())],
            Axes = Slope.Axes(f),
            Aggregator = inner is Saliency ? Aggregators.VectorNorm : Aggregators.Sum,
            Scores = Array.ConvertAll(f.Score(Sweep.Input(f)).ToArray(), score => (double)score),
            Random = true,
            Parameters = new Dictionary<string, object>
            {
                ["around"] = inner.Name,
                ["n_samples"] = samples,
                ["stdevs"] = string.Join(" ", scale.Select(s => s.ToString("R", System.Globalization.CultureInfo.InvariantCulture))),
            },
        }.Make();
    }

    private static double Range(Tensor x)
    {
        float[] values = x.ToArray();
        return values.Max() - values.Min();
    }
}
