namespace Vitrine.Attributions;

/// <summary>How badly scores predict what f loses when a random half of the tokens is taken away.</summary>
/// <remarks>
/// Perturbations I replace each token by the baseline with probability ½; φ·I is then the sum of the scores of the absent. As in Captum's
/// <c>normalize=True</c> scores are first multiplied by the β that
/// fits best, so that methods of other units can be compared; here never by a negative one, which would forgive a method all its signs.
/// </remarks>
public sealed class Infidelity : IMetric
{
    /// <inheritdoc/>
    public string Name => "infidelity";

    /// <inheritdoc/>
    public string Citation => "Yeh et al. 2019, On the (in)fidelity and sensitivity of explanations";

    /// <inheritdoc/>
    public string Formula => "E_S (β·Σ_{i∈S} s_i − (f(x) − f(x∖S)))², β = max(0, Σab / Σa²)";

    /// <inheritdoc/>
    public string Range => "0 to ∞, in the unit of f squared";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        Game game = trial.Game;
        var random = new Random(trial.Request.Seed);
        Coalition[] present = [.. Enumerable.Range(0, trial.Options.Subsets).Select(_ => Coalition.Of(game.Count, _ => random.Next(2) == 0))];
        double[][] values = game.Values(present);
        return [.. trial.Full.Select((full, t) =>
        {
            double[] scores = trial.Scores(result, t);
            int[] players = trial.Reached(t);
            double[] said = [.. present.Select(coalition => players.Where(p => !coalition.Has(p)).Sum(p => scores[p]))];
            double[] lost = [.. values.Select(value => full - value[t])];
            return Of(said, lost);
        })];
    }

    /// <summary>The mean squared error after the best scale of at least 0.</summary>
    internal static double Of(double[] said, double[] lost)
    {
        double squares = said.Sum(a => a * a);
        double beta = squares == 0 ? 0 : Math.Max(0, said.Zip(lost, (a, b) => a * b).Sum() / squares);
        return said.Zip(lost, (a, b) => ((beta * a) - b) * ((beta * a) - b)).DefaultIfEmpty(double.NaN).Average();
    }
}
