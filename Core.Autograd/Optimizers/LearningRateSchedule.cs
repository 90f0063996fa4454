namespace Vitrine.Autograd;

/// <summary>How a learning rate falls from its peak to the end of a training.</summary>
public enum LearningRateDecay
{
    /// <summary>In a straight line to 0, as BERT was trained.</summary>
    Linear,

    /// <summary>By half a cosine wave to 0: slow, fast, slow. Loshchilov and Hutter 2017, “SGDR”.</summary>
    Cosine,

    /// <summary>Not at all.</summary>
    Constant,
}

/// <summary>Linear warm-up from 0 to a peak, then decay.</summary>
/// <param name="Peak">The highest learning rate.</param>
/// <param name="WarmUp">Steps until the peak; 0 starts there.</param>
/// <param name="Total">Steps of the whole training; at step <c>Total</c> the rate is 0, unless it is constant.</param>
/// <param name="Decay">The way down.</param>
/// <remarks>
/// Source: Devlin et al. 2019, appendix A.2; the formulas of transformers' <c>get_linear_schedule_with_warmup</c> and
/// <c>get_cosine_schedule_with_warmup</c>.
/// </remarks>
public readonly record struct LearningRateSchedule(float Peak, int WarmUp, int Total, LearningRateDecay Decay = LearningRateDecay.Linear)
{
    /// <summary>
    /// The rate of step <paramref name="step"/>, counted from 0: <c>Peak · step / WarmUp</c> before the peak; after it, with
    /// <c>t = (step − WarmUp) / (Total − WarmUp)</c>, <c>Peak · (1 − t)</c> or <c>Peak · (1 + cos πt) / 2</c>, never below 0.
    /// </summary>
    public float At(int step)
    {
        if (step < WarmUp)
        {
            return Peak * step / WarmUp;
        }
        return Decay switch
        {
            LearningRateDecay.Linear => Peak * Math.Max(0, Total - step) / Math.Max(1, Total - WarmUp),
            LearningRateDecay.Cosine =>
                (float)(Peak * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (double)(step - WarmUp) / Math.Max(1, Total - WarmUp))))),
            _ => Peak,
        };
    }
}
