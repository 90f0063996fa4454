using System.Globalization;
using System.Reflection;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Puts a method's numbers together as an <see cref="AttributionResult"/>.</summary>
internal sealed class Report(IAttributionMethod method, ScoreFunction f, AttributionRequest request)
{
    /// <summary>Raw scores, one array per side: <c>[target, pos, …axes]</c>.</summary>
    public required double[][] Raw { get; init; }

    /// <summary>The aggregator when the request names none; null where there is one score per token already.</summary>
    public Aggregator? Aggregator { get; init; }

    /// <summary>
    /// Scores of one number per token that no aggregator makes of the raw ones, and how they were made: one array per side, <c>[target,
    /// pos]</c>.
    /// </summary>
    public (string Name, double[][] Scores)? OneEach { get; init; }

    /// <summary>Lengths of the axes that are aggregated.</summary>
    public IReadOnlyList<(string Name, int Length)> Axes { get; init; } = [];

    /// <summary>f(x). <c>[target]</c></summary>
    public required double[] Scores { get; init; }

    /// <summary>f(baseline), <c>[target]</c>; null where there is none.</summary>
    public double[]? BaselineScores { get; init; }

    /// <summary>Whether the raw scores of a target promise to sum to f(x) − f(baseline).</summary>
    public bool Complete { get; init; }

    /// <summary>The baseline; null where there is none.</summary>
    public ResolvedBaseline? Baseline { get; init; }

    /// <summary>Whether the seed was used.</summary>
    public bool Random { get; init; }

    /// <summary>Parameters and their values, formatted invariantly.</summary>
    public IReadOnlyDictionary<string, object> Parameters { get; init; } = new Dictionary<string, object>();

    /// <summary>What a reader should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The result.</summary>
    /// <exception cref="VitrineException">A score is not a number.</exception>
    public AttributionResult Make()
    {
        int bad = Array.FindIndex(Scores, s => !double.IsFinite(s));
        if (bad >= 0)
        {
            throw new VitrineException(
                $"{method.Name}: the model's score is not finite; got {Scores[bad]} for target '{f.Targets[bad].Label}'; "
                + "expected a number. Check the weights for NaN, and the input's length.");
        }
        LeaveOut();
        Aggregator? aggregator = Axes.Count == 0 ? null : request.Aggregator is { } name ? Aggregators.Get(name) : Default();
        return new AttributionResult
        {
            Method = method.Name,
            StepName = f.StepName,
            Model = f.Model,
            Targets = [.. f.Targets.Select(Explained)],
            Sides = [.. f.Sides.Select((side, i) => Side(side, Raw[i], OneEach?.Scores[i], aggregator))],
            Parameters = Parameters.ToDictionary(p => p.Key, p => Convert.ToString(p.Value, CultureInfo.InvariantCulture) ?? ""),
            Baseline = Baseline?.Name,
            Aggregator = OneEach?.Name ?? aggregator?.Name,
            AggregatedAxes = OneEach is null && aggregator is null ? [] : [.. Axes.Select(axis => axis.Name)],
            TargetTokens = f.TargetTokens,
            SumsTo = method.SumsTo,
            Seed = Random ? request.Seed : null,
            Warnings = [.. Warnings, .. request.Skip?.Unmatched(f).Select(name => $"skip: no token is called '{name}'") ?? []],
            Versions = new Dictionary<string, string>
            {
                ["vitrine"] = typeof(Report).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
                    ?? "",
                ["dotnet"] = Environment.Version.ToString(),
                ["instructions"] = f.Sides[0].Embeddings.Device == Device.Cpu ? CpuVectors.Description : f.Sides[0].Embeddings.Device.Name,
            },
        };
    }

    /// <summary>Tokens that take no part have no score, whatever the method found there.</summary>
    private void LeaveOut()
    {
        for (int s = 0; s < Raw.Length && request.Skip is not null; s++)
        {
            foreach (int p in Enumerable.Range(0, f.Sides[s].Length).Where(p => request.Skip.Has(f.Sides[s], p)))
            {
                Clear(Raw[s], f.Sides[s].Length, p);
                Clear(OneEach?.Scores[s] ?? [], f.Sides[s].Length, p);
            }
        }
    }

    private void Clear(double[] scores, int length, int position)
    {
        int width = scores.Length / (f.Targets.Count * length);
        for (int t = 0; t < f.Targets.Count && width > 0; t++)
        {
            scores.AsSpan(((t * length) + position) * width, width).Clear();
        }
    }

    /// <summary>The method's own aggregator; Inseq takes the L2 norm over d_model for every method, and loses the sign.</summary>
    private Aggregator Default() =>
        request.Compat == Compat.Inseq && Axes[0].Name == "d_model" ? Aggregators.VectorNorm : Aggregator ?? Aggregators.Sum;

    private ExplainedTarget Explained(ScoreTarget target, int index)
    {
        double probability = f.Probabilities[index];
        double? delta = Complete && BaselineScores is { } from ? Total(index) - (Scores[index] - from[index]) : null;
        return new()
        {
            Label = target.Label,
            Id = target.Id,
            Position = target.Position,
            Probability = double.IsNaN(probability) ? null : probability,
            Score = Scores[index],
            BaselineScore = BaselineScores?[index],
            Delta = delta,
            Reach = target.Reach,
        };
    }

    private double Total(int target)
    {
        double total = 0;
        foreach (double[] side in Raw)
        {
            int row = side.Length / f.Targets.Count;
            foreach (double value in side.AsSpan(target * row, row))
            {
                total += value;
            }
        }
        return total;
    }

    private SideScores Side(InputSide side, double[] raw, double[]? oneEach, Aggregator? aggregator)
    {
        float[] values = Array.ConvertAll(raw, value => (float)value);
        int width = Axes.Aggregate(1, (product, axis) => product * axis.Length);
        var scores = new float[f.Targets.Count][];
        for (int t = 0; t < scores.Length; t++)
        {
            scores[t] = new float[side.Length];
            for (int p = 0; p < side.Length; p++)
            {
                ReadOnlySpan<float> cell = values.AsSpan(((t * side.Length) + p) * width, width);
                scores[t][p] = oneEach is not null ? (float)oneEach[(t * side.Length) + p] : aggregator is null
                    ? cell[0] : aggregator.Of(cell);
            }
        }
        return new()
        {
            Name = side.Name,
            Texts = side.Texts,
            Tokens = side.Tokens,
            GivenLength = Math.Min(side.GivenLength, side.Length),
            Scores = scores,
            Raw = request.KeepRaw ? Tensor.From(values, Shape.Create([f.Targets.Count, side.Length, .. Axes.Select(a => a.Length)])) : null,
            RawAxes = request.KeepRaw ? [.. Axes.Select(a => a.Name)] : [],
        };
    }
}
