using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>How much of a behaviour a circuit carries: (m(circuit) − m(corrupted)) / (m(clean) − m(corrupted)).</summary>
public static class CircuitEvaluation
{
    /// <summary>The mean metric of a circuit over pairs, and its faithfulness: 1 = as the whole model, 0 = as none of it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="circuit">Which edges stay clean.</param>
    /// <param name="ablation">What the others carry.</param>
    public static (double Metric, double Faithfulness) Faithfulness(ITransformer model, IReadOnlyList<PromptPair> pairs, Circuit circuit,
        EdgeAblation ablation = EdgeAblation.Corrupted)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        Measure measure = new(model, pairs, circuit.Graph, ablation);
        double metric = measure.Of(circuit);
        return (metric, measure.Share(metric));
    }

    /// <summary>A circuit with what it carries: its edges and their scores, its faithfulness and that of all other edges.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="scores">Scores of all edges; what an ablated edge carries is theirs.</param>
    /// <param name="circuit">The choice.</param>
    /// <returns>
    /// Tables <c>circuit</c> <c>[edge]</c>, the largest |score| first, <c>edges</c> <c>[source, target]</c> and, of scores that were made
    /// from several pairs, <c>stability</c> <c>[edge]</c>; numbers <c>edges_in_circuit</c>, <c>metric_circuit</c>, <c>faithfulness</c>,
    /// <c>faithfulness_complement</c>.
    /// </returns>
    public static InsideResult Describe(ITransformer model, IReadOnlyList<PromptPair> pairs, EdgeScores scores, Circuit circuit)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(circuit);
        Measure measure = new(model, pairs, circuit.Graph, scores.Ablation);
        double metric = measure.Of(circuit);
        InsideResult result = scores.ToResult();
        (int Source, int Target)[] chosen = [.. circuit.Pairs().OrderByDescending(e => Math.Abs(scores[e.Source, e.Target]))];
        InsideTable edges = InsideTable.Of("circuit", result["edges"].Meaning, [.. chosen.Select(e => scores[e.Source, e.Target])],
            new InsideAxis("edge", [.. chosen.Select(e => circuit.Graph.NameOf(e.Source, e.Target))]));
        IReadOnlyDictionary<string, double> stable = scores.PerPair.Count > 1 && chosen.Length > 0 ? Stability(scores, chosen.Length)
            : new Dictionary<string, double>();
        return result with
        {
            Metric = pairs[0].Metric.Name,
            Numbers = new Dictionary<string, double>(result.Numbers)
            {
                ["metric_clean"] = measure.Clean,
                ["metric_corrupted"] = measure.Corrupted,
                ["edges_in_circuit"] = circuit.Count,
                ["metric_circuit"] = metric,
                ["faithfulness"] = measure.Share(metric),
                ["faithfulness_complement"] = measure.Share(measure.Of(circuit.Complement())),
            },
            Tables =
            [
                edges,
                .. stable.Count == 0 ? Array.Empty<InsideTable>() : [InsideTable.Of("stability",
                    "share of resamples of the pairs in which the edge is chosen again", [.. stable.Values],
                    new InsideAxis("edge", [.. stable.Keys]))],
                .. result.Tables,
            ],
            Warnings =
            [
                .. circuit.Count == 0 ? ["No edge is left after pruning: choose more edges."] : Array.Empty<string>(),
                .. PairStatistics.Doubts(pairs[0].Metric, measure.Clean, measure.Corrupted),
            ],
        };
    }

    /// <summary>
    /// Faithfulness of circuits of growing size: of the best edges, of all but them (complement), and of random edges, each also in the
    /// other
    /// direction (corrupted values flow inside, clean ones outside).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="scores">Which edges are best.</param>
    /// <param name="sizes">How many edges; null: powers of two up to all.</param>
    /// <param name="greedy">Whether circuits are grown from the logits instead of taken from the top.</param>
    /// <param name="randoms">How many random circuits of each size are averaged.</param>
    /// <param name="progress">Told how much is done, 0–1.</param>
    /// <param name="cancellation">Stops between circuits.</param>
    /// <returns>
    /// Table <c>faithfulness</c> <c>[curve, size]</c>; numbers <c>cpr</c> (mean faithfulness over the log of the size) and <c>cmd</c> (mean
    /// |1 −
    /// faithfulness|), the areas of the MIB benchmark (Mueller et al. 2025) over these sizes.
    /// </returns>
    public static InsideResult Curve(
        ITransformer model, IReadOnlyList<PromptPair> pairs, EdgeScores scores, IReadOnlyList<int>? sizes = null, bool greedy = false,
            int randoms = 3,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(scores);
        EdgeGraph graph = scores.Graph;
        sizes ??= Sizes(graph.EdgeCount);
        Measure noise = new(model, pairs, graph, scores.Ablation),
            denoise = new(model, [.. pairs.Select(p => p.Swapped)], graph, EdgeAblation.Corrupted);
        string[] curves = ["circuit", "complement", "random", "circuit, clean into corrupted"];
        double[] shares = new double[curves.Length * sizes.Count];
        double[] edges = new double[sizes.Count];
        var random = new Random(1);
        for (int i = 0; i < sizes.Count; i++)
        {
            Circuit circuit = greedy ? Circuit.Greedy(scores, sizes[i]) : Circuit.Top(scores, sizes[i]);
            edges[i] = circuit.Count;
            double[] chance = new double[randoms];
            for (int r = 0; r < randoms; r++)
            {
                cancellation.ThrowIfCancellationRequested();
                chance[r] = noise.Share(noise.Of(Circuit.Random(graph, circuit.Count, random)));
            }
            cancellation.ThrowIfCancellationRequested();
            double[] column =
            [
                noise.Share(noise.Of(circuit)), noise.Share(noise.Of(circuit.Complement())), randoms > 0 ? chance.Average() : double.NaN,
                1 - denoise.Share(denoise.Of(circuit.Complement())),
            ];
            for (int c = 0; c < curves.Length; c++)
            {
                shares[(c * sizes.Count) + i] = column[c];
            }
            progress?.Report((i + 1.0) / sizes.Count);
        }
        double[] own = shares[..sizes.Count];
        InsideAxis size = new("edges", [.. sizes.Select(s => s.ToString(CultureInfo.InvariantCulture))]);
        return new()
        {
            Method = "faithfulness",
            Direction = "noise",
            Metric = scores.Metric,
            Numbers = new Dictionary<string, double>
            {
                ["metric_clean"] = noise.Clean,
                ["metric_corrupted"] = noise.Corrupted,
                ["cpr"] = Area(edges, own),
                ["cmd"] = Area(edges, [.. own.Select(f => Math.Abs(1 - f))]),
                ["edges"] = graph.EdgeCount,
            },
            Tables =
            [
                InsideTable.Of("faithfulness", "share of the gap between clean and corrupted run: 1 = the whole model, 0 = nothing",
                    shares, new InsideAxis("curve", curves), size),
                InsideTable.Of("edges_after_pruning", "edges of the circuit", edges, size),
            ],
            Parameters = new Dictionary<string, string>
            {
                ["choice"] = greedy ? "greedy" : "top",
                ["ablation"] = scores.Carried,
                ["randoms"] = randoms.ToString(CultureInfo.InvariantCulture),
                ["pairs"] = pairs.Count.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    /// <summary>How often each edge of a circuit is chosen again when the pairs are drawn again, 0–1.</summary>
    /// <param name="scores">Scores of several pairs.</param>
    /// <param name="n">How many edges are chosen.</param>
    /// <param name="resamples">How many draws.</param>
    /// <param name="seed">Equal seeds give equal draws.</param>
    /// <returns>Edge name → share of draws that choose it, of the edges of the circuit of all pairs.</returns>
    public static IReadOnlyDictionary<string, double> Stability(EdgeScores scores, int n, int resamples = 100, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(scores);
        Circuit whole = Circuit.Top(scores, n);
        int[] counts = new int[scores.Values.Length];
        var random = new Random(seed);
        for (int r = 0; r < resamples; r++)
        {
            double[] mean = new double[counts.Length];
            for (int p = 0; p < scores.PerPair.Count; p++)
            {
                double[] one = scores.PerPair[random.Next(scores.PerPair.Count)];
                for (int i = 0; i < mean.Length; i++)
                {
                    mean[i] += one[i] / scores.PerPair.Count;
                }
            }
            foreach ((int s, int t) in Circuit.Top(scores with { Values = mean }, n).Pairs())
            {
                counts[(s * scores.Graph.Targets.Count) + t]++;
            }
        }
        return whole.Pairs()
            .ToDictionary(e => scores.Graph.NameOf(e.Source, e.Target), e =>
            (double)counts[(e.Source * scores.Graph.Targets.Count) + e.Target] / resamples);
    }

    private static int[] Sizes(int edges)
    {
        List<int> sizes = [];
        for (int n = 1; n < edges; n *= 2)
        {
            sizes.Add(n);
        }
        return [.. sizes, edges];
    }

    // The mean over the logarithm of the number of edges, by trapezia.
    private static double Area(double[] edges, double[] values)
    {
        double area = 0, width = 0;
        for (int i = 1; i < edges.Length; i++)
        {
            double step = Math.Log(Math.Max(1, edges[i])) - Math.Log(Math.Max(1, edges[i - 1]));
            area += step * (values[i] + values[i - 1]) / 2;
            width += step;
        }
        return width > 0 ? area / width : values[^1];
    }

    /// <summary>Metrics of circuits on the same pairs, the corrupted outputs computed once.</summary>
    private sealed class Measure
    {
        private readonly List<CircuitRun> _runs = [];

        public Measure(ITransformer model, IReadOnlyList<PromptPair> pairs, EdgeGraph graph, EdgeAblation ablation)
        {
            var outputs = new EdgeOutputs(model, graph);
            var reference = new EdgeReference(model, graph, pairs, ablation);
            foreach (PromptPair pair in pairs)
            {
                int start = reference.StartOf(pair);
                MetricRun clean = new MetricRun(model, pair.Clean, pair.Metric).From(start);
                (Tensor others, double metric) = reference.IsCorrupted
                    ? outputs.Run(new MetricRun(model, pair.Corrupted, pair.Metric).From(start)) : (reference.Of(pair.Positions), 0);
                var run = new CircuitRun(model, graph, clean, others);
                Corrupted += (reference.IsCorrupted ? metric : run.Metric(Circuit.All(graph).Complement().Inside)) / pairs.Count;
                Clean += ActivationPatching.Value(model, pair.Clean, pair.Metric) / pairs.Count;
                _runs.Add(run);
            }
        }

        public double Clean { get; }

        public double Corrupted { get; }

        public double Of(Circuit circuit) => _runs.Average(run => run.Metric(circuit.Inside));

        public double Share(double metric) => (metric - Corrupted) / (Clean - Corrupted);
    }
}
