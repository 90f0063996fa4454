namespace Vitrine.Attributions;

/// <summary>How badly scores predict what f loses when a random half of the tokens is taken away.</summary>
/// <remarks>
/// Perturbations I replace each token by the baseline with probability ½; φ·I is then the sum of the scores of the absent. As in Captum's
/// <c>normalize=True</c> scores are first multiplied by the β that
/// fits best, so that methods of other units can be compared; here never by a negative one, which would forgive a method all its signs. The
/// paper, and Captum's default, take the scores as they are: <see cref="Unscaled"/>.
/// </remarks>
public sealed class Infidelity : IMetric
{
    private readonly Func<double[], double[], double> _beta;

    private Infidelity(string name, string formula, Func<double[], double[], double> beta) =>
        (Name, Formula, _beta) = (name, formula, beta);

    /// <summary>After the best scale of at least 0.</summary>
    public static Infidelity Scaled { get; } = new("infidelity", "E_S (β·Σ_{i∈S} s_i − (f(x) − f(x∖S)))², β = max(0, Σab / Σa²)",
        (said, lost) =>
        said.Sum(a => a * a) is var squares and > 0 ? Math.Max(0, said.Zip(lost, (a, b) => a * b).Sum() / squares) : 0);

    /// <summary>As in the paper: scores are claims in the unit of f.</summary>
    public static Infidelity Unscaled { get; } = new("infidelity_unscaled", "E_S (Σ_{i∈S} s_i − (f(x) − f(x∖S)))²", (_, _) => 1);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Citation => "Yeh et al. 2019, On the (in)fidelity and sensitivity of explanations";

    /// <inheritdoc/>
    public string Formula { get; }

    /// <inheritdoc/>
    public string Range => "0 to ∞, in the unit of f squared";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        Game game = trial.Game;
        var random = trial.Request.Randomness(trial.Request.Seed);
        Coalition[] present = [.. Enumerable.Range(0, trial.Options.Subsets)
            .Select(_ => Coalition.Of(game.Count, _ => random.Next(2) == 0))];
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

    /// <summary>The mean squared error of the scaled claims.</summary>
    internal double Of(double[] said, double[] lost)
    {
        double beta = _beta(said, lost);
        return said.Zip(lost, (a, b) => ((beta * a) - b) * ((beta * a) - b)).DefaultIfEmpty(double.NaN).Average();
    }
}
