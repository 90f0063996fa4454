using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Which number is taken of a target, and what that number needs in addition to the model's output.</summary>
public sealed record StepOptions
{
    /// <summary>The mass of <c>top_p_size</c> where none is given.</summary>
    public const double DefaultTopP = 0.9;

    /// <summary>Takes the number of this name.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public StepOptions(string name) => Function = StepFunctions.Get(name);

    /// <summary>Takes a number of your own, registered or not.</summary>
    public StepOptions(StepFunction function) => Function = function;

    /// <summary>The step function.</summary>
    public StepFunction Function { get; init; }

    /// <summary>The other class or token of each target, for contrastive steps: “why this and not that”. <c>[target]</c></summary>
    public IReadOnlyList<int>? ContrastIds { get; init; }

    /// <summary>
    /// The logits that contrastive steps compare with, constant: of another input, e.g. one without its context
    /// (<see cref="ScoreFunction.Logits"/>). <c>[1, target, class]</c>; null: the same logits, so that only the class differs.
    /// </summary>
    public Tensor? ContrastLogits { get; init; }

    /// <summary>The probability mass of <c>top_p_size</c> (default 0.9) and of <c>kl_divergence</c> (default all), in (0, 1].</summary>
    public double? TopP
    {
        get;
        init => field = value is null or (> 0 and <= 1) ? value : throw Bad("top p", value, "a probability in (0, 1]");
    }

    /// <summary>How many of the most likely classes <c>kl_divergence</c> compares; 0, the default: all.</summary>
    public int TopK
    {
        get;
        init => field = value >= 0 ? value : throw Bad("top k", value, "at least 0");
    }

    /// <summary>Forwards under dropout of <c>mc_dropout_prob_avg</c>, at least 2; default 5, as in Inseq.</summary>
    public int DropoutSamples
    {
        get;
        init => field = value >= 2 ? value : throw Bad("dropout samples", value, "at least 2");
    } = 5;

    /// <summary>Probability of dropping, in (0, 1); default 0.1, which BERT, GPT-2 and Marian were trained with.</summary>
    public double DropoutRate
    {
        get;
        init => field = value is > 0 and < 1 ? value : throw Bad("dropout rate", value, "a probability in (0, 1)");
    } = 0.1;

    /// <summary>Seed of the dropout.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Whose quirks to copy: Inseq's perplexity is 2^nats, its pcxmi and in_context_pvi have the other sign, its mc_dropout_prob_avg is
    /// (p(t) − mean) / deviation.
    /// </summary>
    public Compat Compat { get; init; }

    /// <summary>A step function that needs nothing else.</summary>
    public static implicit operator StepOptions(string name) => new(name);

    /// <summary>Throws when the options do not fit so many targets, or the step lacks what it compares with.</summary>
    internal void Check(int targets)
    {
        int? given = ContrastIds?.Count ?? ContrastLogits?.Shape[1];
        if (given is { } count && count != targets)
        {
            throw new VitrineException($"{Function.Name}: contrast does not fit; got {count} rows; expected {targets}, one per target.");
        }
        if (Function.Contrast == ContrastNeed.TokenOrInput && given is null)
        {
            throw new VitrineException($"{Function.Name}: nothing to compare with; got no contrast; expected contrast tokens or a "
                + $"contrast input.");
        }
        if (Function.Contrast == ContrastNeed.Input && ContrastLogits is null)
        {
            throw new VitrineException($"{Function.Name}: nothing to compare with; got no contrast input; expected one: the same row "
                + $"has no other distribution. For another token take contrast_logits_diff.");
        }
    }

    private static VitrineException Bad(string what, object? value, string rule) =>
        new(FormattableString.Invariant($"step: {what} is out of range; got {value}; expected {rule}."));
}
