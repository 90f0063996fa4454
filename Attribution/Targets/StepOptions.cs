using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Which number is taken of a target, and what that number needs beside the model's output.</summary>
public sealed record StepOptions
{
    /// <summary>Takes the number of this name.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public StepOptions(string name) => Function = StepFunctions.Get(name);

    /// <summary>The step function.</summary>
    public StepFunction Function { get; }

    /// <summary>The other class or token of each target, for contrastive steps: “why this and not that”. <c>[target]</c></summary>
    public IReadOnlyList<int>? ContrastIds { get; init; }

    /// <summary>
    /// The logits that contrastive steps compare with, constant: of another input, e.g. one without its context.
    /// <c>[1, target, class]</c>; null: the same logits, so that only the class differs.
    /// </summary>
    public Tensor? ContrastLogits { get; init; }

    /// <summary>The probability mass of <c>top_p_size</c>, in (0, 1]; default 0.9.</summary>
    public double TopP
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new VitrineException($"step: top p is out of range; got {value}; expected a probability in (0, 1].");
    } = 0.9;

    /// <summary>Whose quirks to copy: Inseq's perplexity is 2^nats, its pcxmi and in_context_pvi have the other sign.</summary>
    public Compat Compat { get; init; }

    /// <summary>A step function that needs nothing else.</summary>
    public static implicit operator StepOptions(string name) => new(name);
}
