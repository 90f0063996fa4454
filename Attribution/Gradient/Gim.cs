using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// (x − x₀) · a gradient with three changes: attention's softmax is crossed at temperature 2, so that heads that have made up their mind
/// still answer; the scales of norms are constants; and what meets in a product is halved: values by ½, queries and keys by ¼, both sides
/// of a gate by ½.
/// </summary>
/// <remarks>
/// Made for language models, where one head takes over when another is silenced and the plain gradient sees neither. Not complete, and not
/// a gradient of anything.
/// </remarks>
public sealed class Gim : IAttributionMethod
{
    /// <summary>The temperature of the paper.</summary>
    private const float Temperature = 2;

    /// <summary>What arrives at a hook point is multiplied by this.</summary>
    private static readonly (string End, float Factor)[] s_factors =
        [(".hook_q", 0.25f), (".hook_k", 0.25f), (".hook_v", 0.5f), (".hook_scale", 0)];

    /// <inheritdoc/>
    public string Name => "gim";

    /// <inheritdoc/>
    public string Citation => "Edin et al. 2025, GIM: improved interpretability for large language models";

    /// <inheritdoc/>
    public string Cost => "1 forward, 1 backward";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        if (!f.HookPoints.Any(point => point.Name.EndsWith(".hook_pattern", StringComparison.Ordinal)))
        {
            throw new VitrineException($"{Name}: no attention to look into; "
                + $"got {f.Model ?? "a function without a model"}; expected a transformer made by Targets. Use input_x_gradient.");
        }
        var work = new Work(request, 1);
        work.Check();
        ResolvedBaseline baseline = ResolvedBaseline.Of(f, request);
        double[][] raw = Sweep.Totals(f);
        Tensor[] points = Sweep.Input(f);
        using ActivationCache cache =
            f.Cache([.. f.HookPoints.Select(point => point.Name).Where(name => name.EndsWith(".hook_pattern", StringComparison.Ordinal)
                || Factor(f, name) is not null)]);
        Tensor features, scores;
        var recording = new Recording();
        using (recording)
        {
            features = f.Features(points);
            scores = f.Head(features);
        }
        Dictionary<long, float> factors = [];
        HashSet<long> softmaxes = [];
        foreach (string name in cache.Names)
        {
            if (Factor(f, name) is { } factor)
            {
                factors[cache[name].Id] = factor;
            }
            else
            {
                softmaxes.Add(cache[name].Id);
            }
        }
        var rule = new GimRule(factors, softmaxes, Temperature);
        Sweep.Backward(
            features, scores, (output, seeds, wrt) => recording.Backward(output, seeds, rule, null, wrt), points,
            Batching.For(f, f.Targets.Count, request.ByteBudget).Seeds, (first, chunk) => Sweep.Add(f, first, chunk, raw));
        Slope.Multiply(raw, [.. f.Sides.Select((side, i) => side.Embeddings - baseline.Embeddings[i])]);
        work.Advance(1);
        return new Report(this, f, request)
        {
            Raw = raw,
            Axes = Slope.Axes(f),
            Scores = Array.ConvertAll(scores.ToArray(), score => (double)score),
            Baseline = baseline,
            Parameters = new Dictionary<string, object> { ["temperature"] = Temperature },
        }.Make();
    }

    /// <summary>The factor at a hook point; null where the gradient passes as it is.</summary>
    private static float? Factor(ScoreFunction f, string name)
    {
        foreach ((string end, float factor) in s_factors)
        {
            if (name.EndsWith(end, StringComparison.Ordinal))
            {
                return factor;
            }
        }
        bool isGate = name.EndsWith(".mlp.hook_pre_linear", StringComparison.Ordinal)
            || (name.EndsWith(".mlp.hook_pre", StringComparison.Ordinal) && f.HookPoints.Any(point => point.Name == $"{name}_linear"));
        return isGate ? 0.5f : null;
    }
}
