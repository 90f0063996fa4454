using Vitrine.Attributions;

namespace Vitrine.Tests.Attributions;

/// <summary>Hand-made results.</summary>
internal static class Results
{
    /// <summary>One target over pieces of one text; a piece that begins with <c>##</c> or <c>[</c> is as in BERT.</summary>
    public static AttributionResult Of(string method, string pieces, params float[] scores)
    {
        string[] parts = pieces.Split(' ');
        return new()
        {
            Method = method,
            StepName = "logit",
            Targets = [new() { Label = "yes", Score = 1, Probability = 0.9, BaselineScore = 0.25, Delta = 0.125, Reach = [parts.Length] }],
            Sides = [new() { Name = "source", Tokens = [.. parts.Select((p, i) => new InputToken(i, p, IsSpecial: p[0] == '['))],
                GivenLength = parts.Length, Scores = [scores] }],
            SumsTo = "f(x) − f(baseline)",
        };
    }

    /// <summary>
    /// A prompt of <paramref name="given"/> pieces and a continuation, GPT-2's spelling; token i of the continuation gets row i of the
    /// scores.
    /// </summary>
    public static AttributionResult Written(string pieces, int given, params float[][] rows)
    {
        string[] parts = pieces.Split(' ');
        string[] read = parts[..^1];
        return new()
        {
            Method = "saliency",
            StepName = "probability",
            Targets = [.. rows.Select((_, i) => new ExplainedTarget { Label = parts[given + i], Position = given + i - 1, Score = 0.5,
                Probability = 0.5, Reach = [given + i] })],
            Sides = [new() { Name = "source", Tokens = [.. read.Select((p, i) => new InputToken(i, p))], GivenLength = given,
                Scores = rows }],
        };
    }
}
