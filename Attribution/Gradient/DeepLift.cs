using Vitrine.Autograd;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// (x − x₀) · m, where the multipliers m carry differences from a baseline back through the network op by op, without loss:
/// real rules for softmax, LayerNorm, GELU and products (see <see cref="DifferenceRule"/>).
/// </summary>
/// <remarks>
/// <c>--compat captum</c> and <c>--compat inseq</c> have rules for ReLU, tanh and sigmoid only; on transformers that is the gradient times
/// the difference almost everywhere, and not complete.
/// </remarks>
public sealed class DeepLift : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "deeplift";

    /// <inheritdoc/>
    public string Citation => "Shrikumar, Greenside & Kundaje 2017, Learning important features through propagating activation differences";

    /// <inheritdoc/>
    public string Cost => "2 forwards, 1 backward that crosses bent ops at 1 to 97 points";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline), up to the reported gap";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        ResolvedBaseline baseline = ResolvedBaseline.Of(f, request);
        double[][] raw = Sweep.Totals(f);
        var work = new Work(request, 1);
        (double[] scores, double[] from) = Add(f, baseline.Embeddings, request, raw);
        work.Advance(1);
        return new Report(this, f, request)
        {
            Raw = raw,
            Axes = Slope.Axes(f),
            Scores = scores,
            BaselineScores = from,
            Complete = true,
            Baseline = baseline,
            Parameters = new Dictionary<string, object> { ["rules"] = request.Compat.RunsCaptum() ? "rescale" : "difference" },
        }.Make();
    }

    /// <summary>Adds the attributions against one baseline to <paramref name="totals"/>.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="baseline">One per side: <c>[pos, d_model]</c>.</param>
    /// <param name="request">Compatibility, budget.</param>
    /// <param name="totals">One per side: <c>[target, pos, d_model]</c>.</param>
    /// <returns>f(x) and f(x₀). <c>[target]</c></returns>
    internal static (double[] Scores, double[] From) Add(ScoreFunction f, Tensor[] baseline, AttributionRequest request, double[][] totals)
    {
        request.Cancellation.ThrowIfCancellationRequested();
        Tensor[] points = Sweep.Input(f), references = [.. baseline.Select(b => b.Reshape(b.Shape.Prepend(1)))];
        using Recording reference = Record(f, references, out _, out Tensor from);
        using Recording at = Record(f, points, out Tensor features, out Tensor scores);
        BackwardRule rule = request.Compat.RunsCaptum() ? new RescaleRule() : new DifferenceRule();
        double[][] multipliers = Sweep.Totals(f);
        Sweep.Backward(
            features, scores, (output, seeds, wrt) => at.Backward(output, seeds, rule, reference, wrt), points,
            Batching.For(f, f.Targets.Count, request.ByteBudget).Seeds, (first, chunk) => Sweep.Add(f, first, chunk, multipliers));
        Slope.Multiply(multipliers, [.. f.Sides.Select((side, i) => side.Embeddings - baseline[i])]);
        for (int side = 0; side < totals.Length; side++)
        {
            for (int i = 0; i < totals[side].Length; i++)
            {
                totals[side][i] += multipliers[side][i];
            }
        }
        return (Doubles(scores), Doubles(from));
    }

    private static Recording Record(ScoreFunction f, Tensor[] points, out Tensor features, out Tensor scores)
    {
        var recording = new Recording();
        using (recording)
        {
            features = f.Features(points);
            scores = f.Head(features);
        }
        return recording;
    }

    private static double[] Doubles(Tensor x) => Array.ConvertAll(x.ToArray(), value => (double)value);
}
