namespace Vitrine.Attributions;

/// <summary>A number that says how good an explanation is: true to the model (faithful), or like a person's (plausible).</summary>
public interface IMetric
{
    /// <summary>The name it is asked for by, in snake_case.</summary>
    string Name { get; }

    /// <summary>The paper it comes from: authors, year, title.</summary>
    string Citation { get; }

    /// <summary>
    /// What it computes, in plain text. s are the scores, f the explained number, x∖S the input with the tokens S replaced by the baseline.
    /// </summary>
    string Formula { get; }

    /// <summary>The values it can take.</summary>
    string Range { get; }

    /// <summary>Whether more is better.</summary>
    bool HigherIsBetter { get; }

    /// <summary>Measures an explanation of every target of a trial.</summary>
    /// <param name="trial">What was explained.</param>
    /// <param name="result">The explanation.</param>
    /// <param name="method">The method that made it, for metrics that ask it again.</param>
    /// <returns>One number per target; NaN where nothing can be said.</returns>
    /// <exception cref="Tensors.VitrineException">The metric cannot judge this.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method);
}
