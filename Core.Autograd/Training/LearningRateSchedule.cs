namespace Vitrine.Autograd;

/// <summary>Linear warm-up from 0 to a peak, then linear decay to 0: the schedule BERT was trained with.</summary>
/// <param name="Peak">The highest learning rate.</param>
/// <param name="WarmUp">Steps until the peak; 0 starts there.</param>
/// <param name="Total">Steps of the whole training; at step <c>Total</c> the rate is 0.</param>
/// <remarks>Source: Devlin et al. 2019, appendix A.2; the formula of transformers' <c>get_linear_schedule_with_warmup</c>.</remarks>
public readonly record struct LearningRateSchedule(float Peak, int WarmUp, int Total)
{
    /// <summary>
    /// The rate of step <paramref name="step"/>, counted from 0: <c>Peak · step / WarmUp</c> before the peak,
    /// <c>Peak · (Total − step) / (Total − WarmUp)</c> after it, never below 0.
    /// </summary>
    public float At(int step) => step < WarmUp
        ? Peak * step / WarmUp
        : Peak * Math.Max(0, Total - step) / Math.Max(1, Total - WarmUp);
}
