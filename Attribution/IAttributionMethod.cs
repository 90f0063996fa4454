namespace Vitrine.Attributions;

/// <summary>A way to say how much each input token mattered for a score.</summary>
public interface IAttributionMethod
{
    /// <summary>The name it is asked for by, in snake_case: <c>integrated_gradients</c>.</summary>
    string Name { get; }

    /// <summary>The paper it comes from: authors, year, title.</summary>
    string Citation { get; }

    /// <summary>What it costs, in forward and backward passes over all targets together: <c>1 forward, 1 backward</c>.</summary>
    string Cost { get; }

    /// <summary>What the scores of one target sum to: <c>f(x) − f(baseline)</c>, or <c>nothing in particular</c>.</summary>
    string SumsTo { get; }

    /// <summary>Explains every target of a score function.</summary>
    /// <exception cref="Vitrine.Tensors.VitrineException">The method cannot do what is asked; the message says why and which
    /// can.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    AttributionResult Attribute(ScoreFunction f, AttributionRequest request);
}
