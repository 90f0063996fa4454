namespace Vitrine.Transformers;

/// <summary>A normalisation that is one function.</summary>
internal sealed class NormalizerStep(Func<AlignedText, AlignedText> step) : INormalizer
{
    public AlignedText Normalize(AlignedText text) => step(text);
}

/// <summary>Normalisations one after another.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    public AlignedText Normalize(AlignedText text) => steps.Aggregate(text, (t, step) => step.Normalize(t));
}
