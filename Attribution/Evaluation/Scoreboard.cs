namespace Vitrine.Attributions;

/// <summary>
/// How methods did over many texts: one number per text, method and metric (the mean over the text's targets), and what they amount to.
/// </summary>
public sealed class Scoreboard
{
    private readonly Dictionary<(string Method, string Metric), List<double>> _values = [];

    /// <summary>An empty board.</summary>
    /// <param name="methods">Names of the methods.</param>
    /// <param name="metrics">The metrics.</param>
    public Scoreboard(IEnumerable<string> methods, IEnumerable<IMetric> metrics) => (Methods, Metrics) = ([.. methods], [.. metrics]);

    /// <summary>Names of the methods, in the order given.</summary>
    public IReadOnlyList<string> Methods { get; }

    /// <summary>The metrics, in the order given.</summary>
    public IReadOnlyList<IMetric> Metrics { get; }

    /// <summary>How many texts there were.</summary>
    public int Texts { get; private set; }

    /// <summary>Measures every method on one text, and adds the numbers when all are there.</summary>
    /// <param name="trial">The text.</param>
    /// <param name="methods">The methods, as many and in the order of <see cref="Methods"/>.</param>
    /// <returns>What the methods found, and the numbers.</returns>
    /// <exception cref="Tensors.VitrineException">A method or metric cannot judge this text; nothing was added.</exception>
    /// <exception cref="OperationCanceledException">The trial's request was cancelled.</exception>
    public Measured Add(Trial trial, IReadOnlyList<IAttributionMethod> methods)
    {
        List<AttributionResult> results = [];
        double[][][] values = [.. methods.Select(method =>
        {
            AttributionResult result = method.Attribute(trial.Function, trial.Request);
            results.Add(result);
            return Metrics.Select(metric =>
            {
                trial.Request.Cancellation.ThrowIfCancellationRequested();
                return metric.Measure(trial, result, method);
            }).ToArray();
        })];
        var measured = new Measured(results, values);
        Add(measured.Means());
        return measured;
    }

    /// <summary>Adds one text's numbers.</summary>
    /// <param name="values"><c>[method][metric]</c>; NaN where nothing can be said.</param>
    public void Add(double[][] values)
    {
        Texts++;
        for (int m = 0; m < Methods.Count; m++)
        {
            for (int k = 0; k < Metrics.Count; k++)
            {
                Of(Methods[m], Metrics[k]).Add(values[m][k]);
            }
        }
    }

    /// <summary>A method's numbers, one per text in the order in which they were added; NaN where nothing could be said.</summary>
    public IReadOnlyList<double> Values(string method, IMetric metric) => Of(method, metric);

    /// <summary>A method's mean over the texts.</summary>
    public Interval Score(string method, IMetric metric) => Interval.Of(Of(method, metric));

    /// <summary>
    /// By how much a method is better than another on the same texts: above 0 means better, whatever the metric's direction.
    /// </summary>
    public Interval Lead(string method, string other, IMetric metric) =>
        Interval.Of(Of(method, metric).Zip(Of(other, metric), (a, b) => metric.HigherIsBetter ? a - b : b - a));

    /// <summary>The mean rank of every method over the metrics that could judge all, 1 the best; the best first.</summary>
    public IReadOnlyList<(string Method, double Rank)> Ranking()
    {
        double[][] ranks = [.. Metrics.Select(metric => (metric, means: Methods.Select(method => Score(method, metric).Mean).ToArray()))
            .Where(row => row.means.All(double.IsFinite))
            .Select(row => RankCorrelation.Ranks([.. row.means.Select(mean => row.metric.HigherIsBetter ? -mean : mean)]))];
        return [.. Methods.Select((method, i) => (method, ranks.Length == 0 ? double.NaN : ranks.Average(row => row[i])))
            .OrderBy(row => row.Item2)];
    }

    /// <summary>The method with the best mean; null where the metric could not judge any.</summary>
    public string? Best(IMetric metric) => Methods.Where(method => double.IsFinite(Score(method, metric).Mean))
        .MaxBy(method => metric.HigherIsBetter ? Score(method, metric).Mean : -Score(method, metric).Mean);

    private List<double> Of(string method, IMetric metric)
    {
        if (!_values.TryGetValue((method, metric.Name), out List<double>? values))
        {
            _values[(method, metric.Name)] = values = [];
        }
        return values;
    }
}

/// <summary>What methods found on one text, and how they did.</summary>
/// <param name="Results">One per method.</param>
/// <param name="Values">One number per target: <c>[method][metric][target]</c>; NaN where nothing can be said.</param>
public sealed record Measured(IReadOnlyList<AttributionResult> Results, IReadOnlyList<double[][]> Values)
{
    /// <summary>The means over the targets that something can be said of. <c>[method][metric]</c></summary>
    public double[][] Means() => [.. Values.Select(method => method.Select(Mean).ToArray())];

    /// <summary>The mean over the targets that something can be said of; NaN where there is none.</summary>
    public static double Mean(double[] targets) => targets.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
}
