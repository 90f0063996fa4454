using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Numbers of the targets that are shown next to an explanation.</summary>
public static class StepScores
{
    /// <summary>The result with one more number per target: <see cref="ExplainedTarget.StepScores"/>.</summary>
    /// <param name="result">A result over the targets of <paramref name="f"/>.</param>
    /// <param name="f">The function that was explained; its contrast, if it has one, is kept.</param>
    /// <param name="step">The step function, e.g. entropy.</param>
    /// <exception cref="VitrineException">It lacks what it compares with, or the function has no classes.</exception>
    public static AttributionResult WithStepScore(this AttributionResult result, ScoreFunction f, StepFunction step)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        float[] scores = f.WithStep(options => options with { Function = step }).Score([.. f.Sides.Select(side => side.Batch)]).ToArray();
        return result with
        {
            Targets = [.. result.Targets.Select((target, t) => target with
            {
                StepScores = new Dictionary<string, double>(target.StepScores ?? new Dictionary<string, double>())
                {
                    // of a whole text, as Inseq puts its tokens together
                    [step.Name] = target.SequenceLength is null ? scores[t] : StepAggregators.Of(step.Name).Of(scores),
                },
            })],
        };
    }
}
