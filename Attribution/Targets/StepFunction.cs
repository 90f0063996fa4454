using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Which number is taken of a row of logits.</summary>
/// <param name="Name">The name it is asked for by.</param>
/// <param name="Formula">What it computes, in plain text; p is the softmax of the row, t the class asked about.</param>
/// <param name="Of">From rows to <c>[batch, target]</c>; differentiable.</param>
public sealed record StepFunction(string Name, string Formula, Func<StepRows, Tensor> Of);

/// <summary>The table of step functions.</summary>
public static class StepFunctions
{
    /// <summary>The raw logit: the default for classification and question answering.</summary>
    public static StepFunction Logit { get; } = new("logit", "logit(t)", rows => rows.Logit);

    /// <summary>The softmax probability: the default for generation, as in Inseq.</summary>
    public static StepFunction Probability { get; } = new("probability", "p(t)", rows => rows.Probability);

    /// <summary>Every step function.</summary>
    public static IReadOnlyList<StepFunction> All { get; } =
    [
        Logit,
        Probability,
        new("log_probability", "ln p(t)", rows => rows.LogProbability),
        new("crossentropy", "−ln p(t)", rows => rows.LogProbability.Scale(-1)),
        new("perplexity", "1 / p(t) = e^(−ln p(t))", rows => rows.LogProbability.Scale(-1).Exp()),
        new("entropy", "−Σ p ln p, nats; the same for every t", rows => (rows.Probabilities * rows.LogProbabilities).Sum([-1]).Scale(-1)),
        new("log_odds", "ln p(t) − ln(1 − p(t))", rows => rows.LogProbability - rows.Probability.Scale(-1, 1).Log()),
    ];

    /// <summary>The step function of a name.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public static StepFunction Get(string name) => Names.Find(All, step => step.Name, name, "step function");
}
