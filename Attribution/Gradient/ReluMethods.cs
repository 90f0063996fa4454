using Vitrine.Autograd;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Backpropagation that changes what happens at ReLUs: the common part of <see cref="GuidedBackprop"/> and <see cref="Deconvolution"/>.
/// </summary>
internal static class ReluMethods
{
    /// <summary>Explains by a backward pass of the given rule.</summary>
    /// <exception cref="VitrineException">The function has no ReLU.</exception>
    public static AttributionResult Attribute(IAttributionMethod method, BackwardRule rule, ScoreFunction f, AttributionRequest request)
    {
        request.Cancellation.ThrowIfCancellationRequested();
        double[][] raw = Sweep.Totals(f);
        Tensor[] points = Sweep.Input(f);
        Tensor features, scores;
        var recording = new Recording();
        using (recording)
        {
            features = f.Features(points);
            scores = f.Head(features);
        }
        if (!recording.Ops.Any(op => op.Op.Name == "relu"))
        {
            throw new VitrineException($"{method.Name}: this model has no ReLU, so it would be plain saliency; "
                + $"got {f.Model ?? "a function"} with other activations only; expected a ReLU network. Use saliency.");
        }
        Sweep.Backward(
            features, scores, (output, seeds, wrt) => recording.Backward(output, seeds, rule, null, wrt), points,
            Batching.For(f, f.Targets.Count, request.ByteBudget).Seeds, (first, chunk) => Sweep.Add(f, first, chunk, raw));
        return new Report(method, f, request)
        {
            Raw = raw,
            Axes = Slope.Axes(f),
            Aggregator = Aggregators.VectorNorm,
            Scores = Array.ConvertAll(scores.ToArray(), s => (double)s),
        }.Make();
    }
}

/// <summary>The gradient, but at every ReLU only positive signals pass, and only where it was open.</summary>
public sealed class GuidedBackprop : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "guided_backprop";

    /// <inheritdoc/>
    public string Citation => "Springenberg et al. 2015, Striving for simplicity: the all convolutional net";

    /// <inheritdoc/>
    public string Cost => "1 forward, 1 backward";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular; largely blind to the model's later layers (Adebayo et al. 2018)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request) =>
        ReluMethods.Attribute(this, new GuidedRule(), f, request);
}

/// <summary>The gradient, but at every ReLU only positive signals pass, whether it was open or not.</summary>
public sealed class Deconvolution : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "deconvolution";

    /// <inheritdoc/>
    public string Citation => "Zeiler & Fergus 2014, Visualizing and understanding convolutional networks";

    /// <inheritdoc/>
    public string Cost => "1 forward, 1 backward";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular; largely blind to the model's later layers (Adebayo et al. 2018)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request) =>
        ReluMethods.Attribute(this, new DeconvolutionRule(), f, request);
}
