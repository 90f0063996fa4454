using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>How edges are scored.</summary>
public enum EdgeMethod
{
    /// <summary>Edge attribution patching: Syed, Rager and Conmy 2023.</summary>
    Eap,

    /// <summary>Gradients averaged over inputs between corrupted and clean: Hanna, Pezzelle and Belinkov 2024.</summary>
    EapIgInputs,

    /// <summary>Gradients averaged over one component's output at a time moving from corrupted to clean.</summary>
    EapIgActivations,

    /// <summary>Mean of the gradients of the clean and the corrupted run.</summary>
    CleanCorrupted,

    /// <summary>How near each source is to what a target reads, without gradients: Ferrando and Voita 2024.</summary>
    InformationFlow,

    /// <summary>metric(only this edge corrupted) − metric(clean), one run an edge.</summary>
    Exact,
}

/// <summary>How edges are scored: method, steps, memory.</summary>
public sealed record EdgeRequest
{
    /// <summary>The method.</summary>
    public EdgeMethod Method { get; init; } = EdgeMethod.EapIgInputs;

    /// <summary>Steps of integrated gradients.</summary>
    public int Steps { get; init; } = 5;

    /// <summary>Whether steps are k = 1…m (the paper) instead of k = 0…m − 1 (EAP-IG's code since c3db944).</summary>
    public bool Right { get; init; }

    /// <summary>What an ablated edge carries.</summary>
    public EdgeAblation Ablation { get; init; }

    /// <summary>About how many bytes of activations one pass may hold.</summary>
    public long ByteBudget { get; init; } = 512L << 20;

    /// <summary>How many resamples of the pairs make an interval; 0 for none.</summary>
    public int Resamples { get; init; }

    /// <summary>The seed of the resamples.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Told how much is done, 0–1.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Stops between passes.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>Scores of all edges of a model.</summary>
/// <remarks>
/// Direction noise: base = clean run. A score is the estimated change of the metric when the corrupted output of the source flows along
/// this
/// edge alone; of a logit difference, negative edges are those that help. Mean over pairs of the score of each, whatever the batch.
/// </remarks>
public static class EdgeScoring
{
    /// <summary>Scores every edge.</summary>
    /// <param name="model">A decoder that normalises before each layer.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="request">Method and steps.</param>
    public static EdgeScores Run(ITransformer model, IReadOnlyList<PromptPair> pairs, EdgeRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        request ??= new();
        if (request.Steps < 1)
        {
            throw new VitrineException($"steps: no steps; got {request.Steps}; expected 1 or more.");
        }
        EdgeGraph graph = EdgeGraph.Of(model);
        var reference = new EdgeReference(model, graph, pairs, request.Ablation);
        List<double[]> all = [];
        List<double> clean = [], corrupted = [];
        for (int p = 0; p < pairs.Count; p++)
        {
            request.Cancellation.ThrowIfCancellationRequested();
            var one = new EdgePair(model, graph, pairs[p], request, reference);
            double[] scores = one.Scores();
            for (int i = 0; i < scores.Length; i++)
            {
                scores[i] = graph.HasEdge(i / graph.Targets.Count, i % graph.Targets.Count) ? scores[i] : 0;
            }
            all.Add(scores);
            clean.Add(one.MetricClean);
            corrupted.Add(one.MetricCorrupted);
            request.Progress?.Report((p + 1.0) / pairs.Count);
        }
        (double[] mean, double[]? low, double[]? high) = PairStatistics.Mean(all, request.Resamples, request.Seed);
        return new()
        {
            Graph = graph,
            Values = mean,
            Low = low,
            High = high,
            PerPair = all,
            Method = request.Method,
            Steps = request.Method is EdgeMethod.EapIgInputs or EdgeMethod.EapIgActivations ? request.Steps : null,
            Ablation = request.Ablation,
            Right = request.Right || request.Method == EdgeMethod.EapIgActivations,
            Metric = pairs[0].Metric.Name,
            MetricClean = clean.Average(),
            MetricCorrupted = corrupted.Average(),
        };
    }
}

/// <summary>A score per edge.</summary>
public sealed record EdgeScores
{
    /// <summary>The graph.</summary>
    public required EdgeGraph Graph { get; init; }

    /// <summary><c>[source, target]</c>, row-major; 0 where there is no edge.</summary>
    public required double[] Values { get; init; }

    /// <summary>Lower ends of 95 % intervals over pairs; null where none were asked for.</summary>
    public double[]? Low { get; init; }

    /// <summary>Upper ends.</summary>
    public double[]? High { get; init; }

    /// <summary>The scores of each pair.</summary>
    internal IReadOnlyList<double[]> PerPair { get; init; } = [];

    /// <summary>How they were found.</summary>
    public required EdgeMethod Method { get; init; }

    /// <summary>Steps of integrated gradients; null for other methods.</summary>
    public int? Steps { get; init; }

    /// <summary>Whether the steps were k = 1…m.</summary>
    public bool Right { get; init; }

    /// <summary>What an ablated edge carried.</summary>
    public EdgeAblation Ablation { get; init; }

    /// <summary>Name of the metric.</summary>
    public required string Metric { get; init; }

    /// <summary>Its mean in the clean runs.</summary>
    public required double MetricClean { get; init; }

    /// <summary>Its mean in the corrupted runs.</summary>
    public required double MetricCorrupted { get; init; }

    /// <summary>The score of an edge.</summary>
    public double this[int source, int target] => Values[(source * Graph.Targets.Count) + target];

    /// <summary>What an ablated edge carried, in words.</summary>
    internal string Carried => Ablation switch
    {
        EdgeAblation.Zero => "0",
        EdgeAblation.Mean => "the mean output over corrupted inputs and positions",
        EdgeAblation.MeanPerPosition => "the mean output over corrupted inputs",
        _ => "the corrupted run's output",
    };

    /// <summary>The result, as every tool of this folder returns one.</summary>
    public InsideResult ToResult()
    {
        string name = Method switch
        {
            EdgeMethod.Eap => "eap",
            EdgeMethod.EapIgInputs => "eap_ig_inputs",
            EdgeMethod.EapIgActivations => "eap_ig_activations",
            EdgeMethod.CleanCorrupted => "clean_corrupted",
            EdgeMethod.InformationFlow => "information_flow_routes",
            _ => "exact_edges",
        };
        return new()
        {
            Method = name,
            Direction = "noise",
            Metric = Metric,
            Numbers = new Dictionary<string,
                double>
            { ["metric_clean"] = MetricClean, ["metric_corrupted"] = MetricCorrupted, ["edges"] = Graph.EdgeCount },
            Tables =
            [
                InsideTable.Of("edges", Method == EdgeMethod.InformationFlow ? "share of what the target reads, 0–1"
                    : $"change of the metric when the edge carries {Carried}",
                    Values, new InsideAxis("source", Graph.Sources), new InsideAxis("target", Graph.Targets))
                        with { Low = Low, High = High },
            ],
            Parameters = new Dictionary<string, string>(Steps is { } steps
                ? [new("steps", steps.ToString(CultureInfo.InvariantCulture)), new("steps_convention", Right ? "k = 1..m" : "k = 0..m-1")]
                : Array.Empty<KeyValuePair<string, string>>())
            { ["ablation"] = Carried },
        };
    }
}
