using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>What a written text as a whole rests on, token by token of what was given.</summary>
public static class PromptSummary
{
    /// <summary>
    /// One target in place of all written tokens, and one score per given token: its scores for all of them, put together. What written
    /// tokens owe each other is left out. A row of the whole text (<see cref="SequenceAndTokens"/>) is no token and does not count.
    /// </summary>
    /// <param name="result">An explanation of a written text.</param>
    /// <param name="by">How several scores become one: <c>sum</c> of log-probabilities is what the whole text owes to the token.</param>
    /// <exception cref="VitrineException">Nothing was written.</exception>
    public static AttributionResult Summary(this AttributionResult result, Aggregator by)
    {
        result = SequenceAndTokens.TokensOf(result);
        SideScores given = result.Sides[0];
        // one written token is not read
        bool isWritten = result.Sides.Any(side => side.Name == "target" || side.GivenLength < side.Tokens.Count)
            || result.Targets is [{ Position: > 0 }];
        if (!isWritten)
        {
            throw new VitrineException($"summary: nothing was written; "
                + $"got {result.Model}; expected an explanation of a generation or a translation.");
        }
        int length = given.Name == "target" ? 0 : Math.Min(given.GivenLength, given.Tokens.Count);
        if (length == 0)
        {
            throw new VitrineException("summary: no given token is left; got the written side alone; expected the source too.");
        }
        Aggregator steps = StepAggregators.Of(result.StepName);
        return result with
        {
            Targets = [new()
            {
                Label = string.Concat(result.Targets.Select(target => target.Label)).Trim(),
                SequenceLength = result.Targets.Count,
                Probability = result.Targets.All(target => target.Probability is not null)
                ? result.Targets.Aggregate(1.0, (p, target) => p * target.Probability!.Value) : null,
                Score = steps.Of([.. result.Targets.Select(target => (float)target.Score)]),
                Reach = [length],
            }],
            Sides = [given with
            {
                Tokens = [.. given.Tokens.Take(length)],
                GivenLength = length,
                Scores = [[.. Enumerable.Range(0, length).Select(p => by.Of([.. result.Targets.Select((_, t) => given.Scores[t][p])]))]],
                Raw = null,
                RawAxes = [],
            }],
            Alignment = null,
            Parameters = new Dictionary<string, string>(result.Parameters) { ["summary"] = by.Name },
            SumsTo = null,
        };
    }
}
