using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Steps that compare with another input.</summary>
public static class ContrastInput
{
    /// <summary>The same number as a comparison with another input: contrastive steps compare with its rows.</summary>
    /// <param name="step">The step.</param>
    /// <param name="other">A function with as many targets over the same classes, e.g. of the same words without their context.</param>
    /// <exception cref="VitrineException">It has no classes, because it has no model.</exception>
    public static StepOptions Against(this StepOptions step, ScoreFunction other)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        return step with { ContrastLogits = other.Logits([.. other.Sides.Select(side => side.Batch)]) };
    }
}
