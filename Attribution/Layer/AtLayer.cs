using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// A method of embeddings, run at hook points inside the model instead: <c>layer_integrated_gradients</c>, <c>layer_deeplift</c>… The
/// baseline is what the model computes there for the baseline input; everything outside the point stays as the input makes it.
/// </summary>
public sealed class AtLayer : IAttributionMethod
{
    private readonly IAttributionMethod _inner;

    internal AtLayer(IAttributionMethod inner, string? name = null) => (_inner, Name) = (inner, name ?? $"layer_{inner.Name}");

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Citation => _inner.Citation;

    /// <inheritdoc/>
    public string Cost => $"{_inner.Cost}, and 2 forwards for the activations";

    /// <inheritdoc/>
    public string SumsTo => $"{_inner.SumsTo}, where f is a function of the activations";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var layer = new LayerScore(f, request.Hooks);
        ResolvedBaseline baseline = ResolvedBaseline.Of(f, request);
        AttributionRequest inside = request with
        {
            Baseline = Baseline.Given(layer.ActivationsAt(baseline.Embeddings)),
            Baselines = request.Baselines is null
            ? null : [.. ResolvedBaseline.AllOf(f, request).Select(b => Baseline.Given(layer.ActivationsAt(b.Embeddings)))],
        };
        AttributionResult result = _inner.Attribute(layer, inside);
        return result with
        {
            Method = Name,
            SumsTo = SumsTo,
            Baseline = result.Baseline is null ? null : baseline.Name,
            Targets = request.Compat.RunsCaptum()
            ? [.. result.Targets.Select((target, t) => Captums(target, f, baseline, t))] : result.Targets,
            Parameters = new Dictionary<string, string>(result.Parameters) { ["hooks"] = string.Join(" ", request.Hooks) },
        };
    }

    /// <summary>Captum's gap compares with f of the whole baseline input, not with f of the baseline's activations.</summary>
    private static ExplainedTarget Captums(ExplainedTarget target, ScoreFunction f, ResolvedBaseline baseline, int index)
    {
        if (target is not { Delta: { } delta, BaselineScore: { } inside })
        {
            return target;
        }
        double whole = f.Score([.. baseline.Embeddings.Select(b => b.Reshape(b.Shape.Prepend(1)))]).ToArray()[index];
        return target with { BaselineScore = whole, Delta = delta + whole - inside };
    }
}
