using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>How much an explanation changes when the input changes hardly at all: the worst of several draws.</summary>
/// <remarks>It asks the method again for every draw, with the same seed.</remarks>
public sealed class SensitivityMax : IMetric
{
    /// <inheritdoc/>
    public string Name => "sensitivity_max";

    /// <inheritdoc/>
    public string Citation => "Yeh et al. 2019, On the (in)fidelity and sensitivity of explanations";

    /// <inheritdoc/>
    public string Formula => "max over |ε|∞ ≤ r of ‖s(x + ε) − s(x)‖₂ / ‖s(x)‖₂, uniform draws on embeddings";

    /// <inheritdoc/>
    public string Range => "0 to ∞";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        ScoreFunction f = trial.Function;
        var random = trial.Request.Randomness(trial.Request.Seed);
        float[][] rows = [.. f.Sides.Select(side => side.Embeddings.ToArray())];
        double radius = trial.Options.Radius * (rows.Max(row => row.Max()) - rows.Min(row => row.Min()));
        double[] worst = new double[f.Targets.Count];
        AttributionRequest request = trial.Request with { Progress = null };
        for (int draw = 0; draw < trial.Options.Draws; draw++)
        {
            Tensor[] moved = [.. f.Sides.Select((side, s) => Tensor.From(
                Array.ConvertAll(rows[s], value => (float)(value + (radius * ((2 * random.NextDouble()) - 1)))), side.Embeddings.Shape,
                side.Embeddings.Device))];
            AttributionResult other = method.Attribute(new MovedInput(f, moved), request);
            for (int t = 0; t < worst.Length; t++)
            {
                worst[t] = Math.Max(worst[t], Distance(result, other, t));
            }
        }
        return worst;
    }

    private static double Distance(AttributionResult a, AttributionResult b, int target)
    {
        double difference = 0, norm = 0;
        for (int s = 0; s < a.Sides.Count; s++)
        {
            for (int p = 0; p < a.Sides[s].Tokens.Count; p++)
            {
                (double x, double y) = (a.Sides[s].Scores[target][p], b.Sides[s].Scores[target][p]);
                difference += (x - y) * (x - y);
                norm += x * x;
            }
        }
        return Math.Sqrt(difference / (norm == 0 ? 1 : norm));
    }
}
