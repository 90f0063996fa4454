using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>The mean of several runs of a method with different draws: run i (from 0) has the seed of the request plus i.</summary>
/// <remarks>Captum's <c>num_trials</c>. One run is the method itself; a method that draws nothing is run once.</remarks>
public sealed class Trials : IAttributionMethod
{
    private readonly IAttributionMethod _method;
    private readonly int _count;

    /// <summary>Runs of a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <exception cref="VitrineException">There are none.</exception>
    public Trials(IAttributionMethod method, int count) => (_method, _count) =
        (method, count >= 1 ? count : throw new VitrineException($"trials: out of range; got {count}; expected at least 1."));

    /// <inheritdoc/>
    public string Name => _method.Name;

    /// <inheritdoc/>
    public string Citation => _method.Citation;

    /// <inheritdoc/>
    public string Cost => $"trials × ({_method.Cost})";

    /// <inheritdoc/>
    public string SumsTo => _method.SumsTo;

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        AttributionResult first = _method.Attribute(f, request);
        if (_count == 1 || first.Seed is null)
        {
            return first;
        }
        AttributionResult[] runs = [first, .. Enumerable.Range(1, _count - 1)
            .Select(i => _method.Attribute(f, request with { Seed = unchecked(request.Seed + i) }))];
        return first with
        {
            Targets = [.. first.Targets.Select((target, t) => target with
            {
                BaselineScore = target.BaselineScore is null ? null : runs.Average(run => run.Targets[t].BaselineScore),
                Delta = target.Delta is null ? null : runs.Average(run => run.Targets[t].Delta),
            })],
            Sides = [.. first.Sides.Select((side, s) => side with
            {
                Scores =
                    [.. side.Scores.Select((row, t) => row.Select((_, p) => (float)runs.Average(run => (double)run.Sides[s].Scores[t][p]))
                        .ToArray())],
                Raw = side.Raw is { } raw ? Mean([.. runs.Select(run => run.Sides[s].Raw ?? raw)]) : null,
            })],
            Parameters = new Dictionary<string, string>(first.Parameters) { ["trials"] = FormattableString.Invariant($"{_count}") },
            Warnings = [.. runs.SelectMany(run => run.Warnings).Distinct()],
        };
    }

    private static Tensor Mean(Tensor[] runs)
    {
        float[][] values = [.. runs.Select(run => run.ToArray())];
        return Tensor.From([.. values[0].Select((_, i) => (float)values.Average(run => (double)run[i]))], runs[0].Shape);
    }
}
