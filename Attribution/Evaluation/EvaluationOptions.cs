using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>How metrics probe a model. The baseline, the seed and the memory are those of the request.</summary>
public sealed record EvaluationOptions
{
    /// <summary>
    /// Shares of the tokens that AOPC takes away or keeps, in (0, 1]; null: 1, 5, 10, 20 and 50 %, as in ERASER
    /// (<see cref="Compat.Ferret"/>: 10, 20 … 100 %).
    /// </summary>
    public IReadOnlyList<double>? Fractions
    {
        get;
        init => field = value is null || (value.Count > 0 && value.All(q => q is > 0 and <= 1)) ? value : throw new VitrineException(
            $"evaluation: fractions are out of range; got {string.Join(", ", value)}; expected numbers in (0, 1].");
    }

    /// <summary>How many points a deletion or insertion curve has at most, in addition to its start; default 20.</summary>
    public int Points { get; init; } = 20;

    /// <summary>How many random subsets infidelity draws; default 64.</summary>
    public int Subsets { get; init; } = 64;

    /// <summary>How many noisy inputs sensitivity and the soft metrics draw; default 10.</summary>
    public int Draws { get; init; } = 10;

    /// <summary>How far noise moves an embedding, as a fraction of (largest − smallest embedding value); default 0.02.</summary>
    public double Radius { get; init; } = 0.02;

    /// <summary>
    /// How many tokens are taken as an explanation's answer when it is compared with a person's; default 5, as in ferret.
    /// </summary>
    public int Top { get; init; } = 5;
}
