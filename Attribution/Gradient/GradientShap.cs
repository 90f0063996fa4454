using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Expected gradients: the mean over random samples of (x′ − x₀) · ∂f/∂x at x₀ + c(x′ − x₀), where x′ is the input with noise, x₀ is drawn
/// from the baselines and c from [0, 1].
/// </summary>
/// <remarks>Its expectation is the mean integrated gradient over the baselines, so it is complete on average.</remarks>
public sealed class GradientShap : IAttributionMethod
{
    /// <summary>Samples when the request names none; Captum's 5 are few.</summary>
    public const int DefaultSamples = 50;

    /// <inheritdoc/>
    public string Name => "gradient_shap";

    /// <inheritdoc/>
    public string Citation => "Erion et al. 2021, Improving performance of deep learning models with axiomatic attribution priors and "
        + "expected gradients";

    /// <inheritdoc/>
    public string Cost => "samples × (3 forwards, 1 backward)";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − the mean of f(baseline), in expectation";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        ResolvedBaseline[] baselines = ResolvedBaseline.AllOf(f, request);
        var random = new Noise(request.Seed);
        int samples = request.Samples ?? (request.Compat.RunsCaptum() ? 5 : DefaultSamples);
        IEnumerable<Draw> draws = Enumerable.Range(0, samples).Select(_ => new Draw(
            [.. f.Sides.Select(side => random.Normal(side, request.NoiseScale ?? 0, request.Skip))], random.Uniform(),
            baselines[random.Choice(baselines.Length)].Embeddings));
        Sampled sampled = Explain(f, request, draws, samples);
        return new Report(this, f, request)
        {
            Raw = sampled.Raw,
            Axes = Slope.Axes(f),
            Scores = sampled.Scores,
            BaselineScores = sampled.From,
            Complete = true,
            Baseline = baselines.Length == 1 ? baselines[0] : null,
            Random = true,
            Parameters = new Dictionary<string, object>
            {
                ["n_samples"] = samples,
                ["stdevs"] = request.NoiseScale
                ?? 0,
                ["baselines"] = string.Join(" ", baselines.Select(b => b.Name))
            },
        }.Make();
    }

    /// <summary>Explains by given draws, each of which is made when its turn comes.</summary>
    internal static Sampled Explain(ScoreFunction f, AttributionRequest request, IEnumerable<Draw> draws, int samples)
    {
        var work = new Work(request, samples);
        double[] scores = Scores(f, Sweep.Input(f));
        double[][] raw = Sweep.Totals(f);
        List<double[]> deltas = new(samples);
        double[] from = new double[scores.Length];
        int seeds = Batching.For(f, f.Targets.Count, request.ByteBudget).Seeds;
        foreach (Draw draw in draws)
        {
            work.Check();
            Tensor[] noisy = [.. f.Sides.Select((side, i) => side.Embeddings + draw.Noise[i])];
            Tensor[] difference = [.. noisy.Select((x, i) => x - draw.Baseline[i])];
            Tensor[] points = [.. difference.Select((d, i) => Batch(draw.Baseline[i] + d.Scale((float)draw.Coefficient)))];
            double[][] gradients = Sweep.Totals(f);
            Sweep.Accumulate(f, points, seeds, [1], gradients);
            Slope.Multiply(gradients, difference);
            double[] top = Scores(f, [.. noisy.Select(Batch)]), bottom = Scores(f, [.. draw.Baseline.Select(Batch)]);
            deltas.Add([.. top.Select((score, t) => Sum(gradients, t, f.Targets.Count) - (score - bottom[t]))]);
            from = [.. from.Zip(bottom, (sum, score) => sum + (score / samples))];
            for (int side = 0; side < raw.Length; side++)
            {
                for (int i = 0; i < raw[side].Length; i++)
                {
                    raw[side][i] += gradients[side][i] / samples;
                }
            }
            work.Advance(1);
        }
        return new(raw, deltas, scores, from);
    }

    private static double Sum(double[][] raw, int target, int targets) =>
        raw.Sum(side => side.Skip(target * (side.Length / targets)).Take(side.Length / targets).Sum());

    private static double[] Scores(ScoreFunction f, Tensor[] points) => Array.ConvertAll(f.Score(points).ToArray(), score => (double)score);

    private static Tensor Batch(Tensor x) => x.Reshape(x.Shape.Prepend(1));

    /// <summary>What one sample draws: noise and a baseline per side, and how far along the way it looks.</summary>
    internal sealed record Draw(Tensor[] Noise, double Coefficient, Tensor[] Baseline);

    /// <summary>What came of the draws.</summary>
    /// <param name="Raw">The mean attribution per side, <c>[target, pos, d_model]</c>.</param>
    /// <param name="Deltas">Of each sample, Σ scores − (f(x′) − f(x₀)). <c>[sample][target]</c></param>
    /// <param name="Scores">f(x). <c>[target]</c></param>
    /// <param name="From">The mean of f(x₀). <c>[target]</c></param>
    internal sealed record Sampled(double[][] Raw, IReadOnlyList<double[]> Deltas, double[] Scores, double[] From);
}
