using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A depth of the randomised model.</summary>
/// <param name="Layer">The layers of this name and all above it are random: <c>head</c>, <c>blocks.3</c>…</param>
/// <param name="Correlation">|Spearman's ρ| between the magnitudes of the scores before and after, per target. <c>[target]</c></param>
public sealed record RandomisedLayer(string Layer, double[] Correlation);

/// <summary>
/// The randomisation check: layers get random weights one after the other, from the head down, and an explanation that stays the same
/// does not depend on what the model has learned.
/// </summary>
/// <remarks>
/// Random weights are normal, with the mean and the deviation of those they replace. Word embeddings stay: they are the input. The
/// model itself is not changed (<see cref="WeightScope"/>).
/// </remarks>
public sealed class Randomisation : IMetric
{
    /// <inheritdoc/>
    public string Name => "randomisation";

    /// <inheritdoc/>
    public string Citation => "Adebayo et al. 2018, Sanity checks for saliency maps";

    /// <inheritdoc/>
    public string Formula => "|Spearman(|s|, |s of the random model|)|, mean over the depths of the cascade";

    /// <inheritdoc/>
    public string Range => "0 to 1";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        IReadOnlyList<RandomisedLayer> cascade = Cascade(trial, result, method);
        return [.. trial.Function.Targets.Select((_, t) => Aopc.Mean(cascade.Select(layer => layer.Correlation[t])
            .Where(double.IsFinite)))];
    }

    /// <summary>Runs the check.</summary>
    /// <returns>One entry per depth, the head first.</returns>
    /// <exception cref="VitrineException">the score function has no model.</exception>
    public static IReadOnlyList<RandomisedLayer> Cascade(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        ITransformer model = trial.Function.Transformer
            ?? throw new VitrineException("randomisation: the scores have no model; got a plain function; expected one made by Targets.");
        _ = trial.Scores(result, 0);
        List<RandomisedLayer> cascade = [];
        var random = new Random(trial.Request.Seed);
        Dictionary<Parameter, Tensor> replaced = [];
        foreach (IGrouping<string, Parameter> layer in Layers(model.Parameters))
        {
            foreach (Parameter parameter in layer)
            {
                replaced[parameter] = Random(parameter.Value, random);
            }
            using WeightScope scope = WeightScope.Replace(replaced);
            AttributionResult other = method.Attribute(trial.Function, trial.Request with { Progress = null });
            cascade.Add(new(layer.Key, [.. trial.Function.Targets.Select((_, t) => Similarity(trial, result, other, t))]));
        }
        return cascade;
    }

    /// <summary>Head, blocks from the last to the first, a decoder's before an encoder's; embeddings are left out.</summary>
    private static IEnumerable<IGrouping<string, Parameter>> Layers(IEnumerable<Parameter> parameters) => parameters
        .Where(parameter => !parameter.IsBuffer && !parameter.Name.Contains("embed", StringComparison.Ordinal))
        .GroupBy(parameter => parameter.Name.Split('.') is ["blocks" or "encoder" or "decoder", var number, ..] parts
            && int.TryParse(number, out _) ? $"{parts[0]}.{number}" : "head")
        .OrderBy(layer => layer.Key == "head" ? 0 : layer.Key.StartsWith("encoder", StringComparison.Ordinal) ? 2 : 1)
        .ThenByDescending(layer => layer.Key == "head"
            ? 0 : int.Parse(layer.Key.AsSpan(layer.Key.IndexOf('.') + 1), System.Globalization.CultureInfo.InvariantCulture));

    private static Tensor Random(Tensor weight, Random random)
    {
        float[] values = weight.ToArray();
        double mean = values.Average(v => (double)v), deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        return Tensor.From(
            [.. values.Select(
                _ => (float)(mean + (deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()))
                    * Math.Cos(2 * Math.PI * random.NextDouble()))))], weight.Shape);
    }

    private static double Similarity(Trial trial, AttributionResult a, AttributionResult b, int target)
    {
        (double[] x, double[] y) = (trial.Scores(a, target), trial.Scores(b, target));
        int[] players = trial.Reached(target);
        return Math.Abs(RankCorrelation.Spearman([.. players.Select(p => Math.Abs(x[p]))], [.. players.Select(p => Math.Abs(y[p]))]));
    }
}
