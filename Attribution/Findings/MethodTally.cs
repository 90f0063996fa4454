namespace Vitrine.Attributions;

/// <summary>What a report remembers of one method.</summary>
public sealed class MethodTally
{
    private Mean _special, _nothing, _gap, _saturated;
    private KindTally _punctuation, _function;

    internal MethodTally(AttributionResult example) => Example = example;

    /// <summary>The first explanation by it: its parameters, its baseline, what scores sum to.</summary>
    public AttributionResult Example { get; }

    /// <summary>How many texts it explained.</summary>
    public int Texts { get; private set; }

    /// <summary>The mean share of special tokens in Σ|score|.</summary>
    internal double Special => _special.Value;

    /// <summary>The mean share of targets whose scores are all 0.</summary>
    internal double Nothing => _nothing.Value;

    /// <summary>The mean gap of scores that promise to be complete, as a share of what they should sum to; null where none does.</summary>
    internal double? Gap => _gap.Count > 0 ? _gap.Value : null;

    /// <summary>The share of explained probabilities above 0.99; null where other numbers were explained.</summary>
    internal double? Saturated => _saturated.Count > 0 ? _saturated.Value : null;

    /// <summary>Punctuation.</summary>
    internal KindTally Punctuation => _punctuation;

    /// <summary>Words without content.</summary>
    internal KindTally Function => _function;

    internal void Add(AttributionResult result)
    {
        Texts++;
        _special = _special.With(Share(result, (side, p) => side.Tokens[p].IsSpecial));
        _punctuation = _punctuation.With(result, WordKinds.IsPunctuation);
        _function = _function.With(result, WordKinds.IsFunctionWord);
        _nothing = _nothing.With(result.Targets.Select((_, t) => Total(result, t) == 0 ? 1.0 : 0).Average());
        foreach (ExplainedTarget target in result.Targets)
        {
            if (target is { Delta: { } delta, BaselineScore: { } baseline })
            {
                _gap = _gap.With(Math.Abs(delta) / Math.Max(Math.Abs(target.Score - baseline), 1e-3));
            }
            if (result.StepName == "probability" && target.Probability is { } probability)
            {
                _saturated = _saturated.With(probability > 0.99 ? 1 : 0);
            }
        }
    }

    private static double Total(AttributionResult result, int target) =>
        result.Sides.Sum(side => side.Scores[target].Sum(score => (double)Math.Abs(score)));

    /// <summary>The share of a kind of token in Σ|score|, mean over the targets that have any.</summary>
    private static double Share(AttributionResult result, Func<SideScores, int, bool> isKind) =>
        result.Targets.Select((_, t) => (t, total: Total(result, t)))
        .Where(row => row.total > 0)
        .Select(row => result.Sides.Sum(side => Enumerable.Range(0, side.Tokens.Count).Where(p => isKind(side, p))
            .Sum(p => (double)Math.Abs(side.Scores[row.t][p]))) / row.total)
        .DefaultIfEmpty(0).Average();

    /// <summary>A kind of token over many texts.</summary>
    /// <param name="OfScores">Its mean share in Σ|score|.</param>
    /// <param name="OfTokens">Its mean share in the tokens.</param>
    internal readonly record struct KindTally(Mean OfScores, Mean OfTokens)
    {
        /// <summary>One text more.</summary>
        public KindTally With(AttributionResult result, Func<SideScores, int, bool> isKind) => new(
            OfScores.With(Share(result, isKind)),
            OfTokens.With((double)result.Sides.Sum(side => Enumerable.Range(0, side.Tokens.Count)
                .Count(p => isKind(side, p))) / result.Sides.Sum(side => side.Tokens.Count)));
    }
}
