using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Which number is taken of a row of logits.</summary>
/// <param name="Name">The name it is asked for by; as in Inseq where Inseq has it.</param>
/// <param name="Formula">
/// What it computes, in plain text: p is the softmax of the row, t the class asked about; q and u are the same of the contrast.
/// </param>
/// <param name="Of">From rows to <c>[batch, target]</c>; made of tensor ops, it is differentiable.</param>
public sealed record StepFunction(string Name, string Formula, Func<StepRows, Tensor> Of)
{
    /// <summary>Whether gradient methods can explain it; a count, for example, has no slope.</summary>
    public bool HasGradient { get; init; } = true;

    /// <summary>What it compares with.</summary>
    public ContrastNeed Contrast { get; init; }

    /// <summary>
    /// Whether it reads the contrast alone: with <see cref="StepOptions.ContrastLogits"/> it is then a constant, which no input explains.
    /// </summary>
    public bool ReadsContrastOnly { get; init; }

    /// <summary>Whether it asks for <see cref="StepRows.Noisy"/>: the same rows under dropout.</summary>
    public bool ReadsNoisyRows { get; init; }
}

/// <summary>What a step function compares with.</summary>
public enum ContrastNeed
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Another class of the same row, or a row of another input.</summary>
    TokenOrInput,

    /// <summary>A row of another input: in the same row there is nothing to compare.</summary>
    Input,
}
