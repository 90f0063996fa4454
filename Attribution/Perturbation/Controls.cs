namespace Vitrine.Attributions;

/// <summary>Scores drawn at random from (0, 1), whatever the model says: what a method must beat.</summary>
public sealed class RandomScores : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public string Citation => "a control: DeYoung et al. 2020, ERASER: a benchmark to evaluate rationalized NLP models";

    /// <inheritdoc/>
    public string Cost => "1 forward, for the score alone";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var random = new Random(request.Seed);
        return Control.Report(this, f, request, isRandom: true, () => random.NextDouble());
    }
}

/// <summary>The same score for every token, 1 / tokens: a control that ranks nothing.</summary>
public sealed class ConstantScores : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "constant";

    /// <inheritdoc/>
    public string Citation => "a control: every token alike";

    /// <inheritdoc/>
    public string Cost => "1 forward, for the score alone";

    /// <inheritdoc/>
    public string SumsTo => "1 per target, where it reaches all tokens";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        double share = 1.0 / f.Sides.Sum(side => Enumerable.Range(0, side.Length).Count(p => !side.IsPadding(p)));
        return Control.Report(this, f, request, isRandom: false, () => share);
    }
}

/// <summary>What both controls share: one number per token that a target reaches.</summary>
internal static class Control
{
    public static AttributionResult Report(IAttributionMethod method, ScoreFunction f, AttributionRequest request, bool isRandom,
        Func<double> next)
    {
        double[][] raw = [.. f.Sides.Select((side, s) => f.Targets
            .SelectMany(target => Enumerable.Range(0, side.Length).Select(p => p < target.Reach[s] && !side.IsPadding(p) ? next() : 0))
            .ToArray())];
        float[] scores = f.Score(Sweep.Input(f)).ToArray();
        return new Report(method, f, request)
        {
            Raw = raw,
            Scores = Array.ConvertAll(scores, score => (double)score),
            Random = isRandom
        }.Make();
    }
}
