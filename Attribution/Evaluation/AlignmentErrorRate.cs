namespace Vitrine.Attributions;

/// <summary>
/// How far the word alignment that an explanation of a translation implies is from a person's: 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|).
/// </summary>
/// <remarks>
/// NaN where the text is not aligned, or it is no translation. The mean over texts counts every text alike, long or short.
/// </remarks>
public sealed class AlignmentErrorRate : IMetric
{
    /// <inheritdoc/>
    public string Name => "alignment_error_rate";

    /// <inheritdoc/>
    public string Citation => "Och & Ney 2003, A systematic comparison of various statistical alignment models";

    /// <inheritdoc/>
    public string Formula => "1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|), A the links of words by the largest |s|, S and P the sure and the "
        + "possible links of a person";

    /// <inheritdoc/>
    public string Range => "0 to 1";

    /// <inheritdoc/>
    public bool HigherIsBetter => false;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method)
    {
        bool isKnown = trial.GoldAlignment is not null && result.Sides is [{ Name: "source" }, { Name: "target" }];
        double rate = isKnown ? Alignment.ErrorRate(Alignment.OfWords(result), trial.GoldAlignment ?? "") : double.NaN;
        return [.. result.Targets.Select(_ => rate)];
    }
}
