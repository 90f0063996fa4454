using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>How context reliance is measured; the defaults are those of the paper's authors in Inseq.</summary>
public sealed record ContextOptions
{
    /// <summary>The step function that compares the model with and without the context; default <c>kl_divergence</c>.</summary>
    /// <exception cref="VitrineException">There is none of that name, or it compares with nothing.</exception>
    public string Metric
    {
        get;
        init => field = StepFunctions.Get(value).Contrast != ContrastNeed.None ? value : throw new VitrineException(
            $"context score: it compares with nothing; got '{value}'; "
            + $"expected one "
            + $"of {string.Join(", ", StepFunctions.All.Where(step => step.Contrast != ContrastNeed.None).Select(step => step.Name))}.");
    } = "kl_divergence";

    /// <summary>A written token is sensitive from mean + so many standard deviations of all scores on; default 1.</summary>
    public double Deviations { get; init; } = 1;

    /// <summary>At most so many sensitive tokens, the strongest; null: all.</summary>
    public int? Top { get; init; }

    /// <summary>The contrastive number that is traced back; default <c>contrast_prob_diff</c>.</summary>
    public string Step { get; init; } = "contrast_prob_diff";

    /// <summary>The method that traces it back; default <c>saliency</c>.</summary>
    public IAttributionMethod Method { get; init; } = new Saliency();

    /// <summary>A token of the context is a cue from mean + so many standard deviations of the context's scores on; default 1.</summary>
    public double CueDeviations { get; init; } = 1;
}
