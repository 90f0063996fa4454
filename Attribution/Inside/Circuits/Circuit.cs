using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Some edges of a graph: what is kept when the rest carries another run's values.</summary>
public sealed class Circuit
{
    private Circuit(EdgeGraph graph, bool[] inside) => (Graph, Inside) = (graph, inside);

    /// <summary>The graph.</summary>
    public EdgeGraph Graph { get; }

    /// <summary>Whether an edge is in it: <c>[source, target]</c>, row-major.</summary>
    internal bool[] Inside { get; }

    /// <summary>How many edges are in it.</summary>
    public int Count => Inside.Count(e => e);

    /// <summary>The names of its edges, by source and target.</summary>
    public IReadOnlyList<string> Edges => [.. Pairs().Select(e => Graph.NameOf(e.Source, e.Target))];

    /// <summary>The names of the sources that are in it, in order.</summary>
    public IReadOnlyList<string> Nodes
    {
        get
        {
            HashSet<int> nodes = [];
            foreach ((int source, int target) in Pairs())
            {
                nodes.Add(source);
                nodes.Add(Graph.NodeOf(target));
            }
            return [.. nodes.Where(n => n >= 0).Order().Select(n => Graph.Sources[n])];
        }
    }

    /// <summary>Whether an edge is in it.</summary>
    public bool this[int source, int target] => Inside[(source * Graph.Targets.Count) + target];

    /// <summary>Every edge.</summary>
    public static Circuit All(EdgeGraph graph) => new(graph, [.. Flat(graph).Select(e => graph.HasEdge(e.Source, e.Target))]);

    /// <summary>The edges of those names.</summary>
    /// <exception cref="VitrineException">An edge is not in the graph.</exception>
    public static Circuit Of(EdgeGraph graph, IEnumerable<string> edges)
    {
        bool[] inside = new bool[graph.Sources.Count * graph.Targets.Count];
        foreach (string edge in edges)
        {
            string[] ends = edge.Split("->");
            int source = graph.Sources.ToList().IndexOf(ends[0]), target = ends.Length == 2 ? graph.Targets.ToList().IndexOf(ends[1]) : -1;
            if (source < 0 || target < 0 || !graph.HasEdge(source, target))
            {
                throw new VitrineException(
                    $"circuit: no such edge; got '{edge}'; expected a name such as {graph.NameOf(0, graph.Targets.Count - 1)} of a "
                        + $"model with {graph.Layers} layers of {graph.Heads} heads.");
            }
            inside[(source * graph.Targets.Count) + target] = true;
        }
        return new(graph, inside);
    }

    /// <summary>The n edges of the largest scores.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="n">How many.</param>
    /// <param name="absolute">By magnitude, or by value.</param>
    /// <param name="prune">Whether to drop what leads nowhere.</param>
    public static Circuit Top(EdgeScores scores, int n, bool absolute = true, bool prune = true)
    {
        ArgumentNullException.ThrowIfNull(scores);
        bool[] inside = new bool[scores.Values.Length];
        foreach (int edge in Order(scores, absolute).Take(n))
        {
            inside[edge] = true;
        }
        var circuit = new Circuit(scores.Graph, inside);
        return prune ? circuit.Pruned() : circuit;
    }

    /// <summary>The edges whose scores reach a threshold.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="threshold">The least score.</param>
    /// <param name="absolute">By magnitude, or by value.</param>
    /// <param name="prune">Whether to drop what leads nowhere.</param>
    public static Circuit Threshold(EdgeScores scores, double threshold, bool absolute = true, bool prune = true)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var circuit = new Circuit(scores.Graph,
            [.. Flat(scores.Graph)
            .Select(e => scores.Graph.HasEdge(e.Source, e.Target) && Size(scores[e.Source, e.Target], absolute) >= threshold)]);
        return prune ? circuit.Pruned() : circuit;
    }

    /// <summary>n edges, best first from the logits up: a source that is reached adds its incoming edges to the choice.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="n">How many.</param>
    /// <param name="absolute">By magnitude, or by value.</param>
    /// <param name="prune">Whether to drop what leads nowhere.</param>
    public static Circuit Greedy(EdgeScores scores, int n, bool absolute = true, bool prune = true)
    {
        ArgumentNullException.ThrowIfNull(scores);
        EdgeGraph graph = scores.Graph;
        int targets = graph.Targets.Count;
        bool[] inside = new bool[scores.Values.Length];
        var open = new PriorityQueue<int, double>();
        HashSet<int> reached = [];
        void Open(int target)
        {
            for (int s = 0; s < graph.Before(target); s++)
            {
                open.Enqueue((s * targets) + target, -Size(scores[s, target], absolute));
            }
        }
        Open(targets - 1);
        for (int taken = 0; taken < n && open.TryDequeue(out int edge, out _); taken++)
        {
            inside[edge] = true;
            int source = edge / targets;
            if (reached.Add(source))
            {
                foreach (int target in Enumerable.Range(0, targets).Where(t => graph.NodeOf(t) == source))
                {
                    Open(target);
                }
            }
        }
        var circuit = new Circuit(graph, inside);
        return prune ? circuit.Pruned() : circuit;
    }

    /// <summary>As many edges as this one has, drawn at random: the baseline that a circuit must beat.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="n">How many.</param>
    /// <param name="random">The source of chance.</param>
    internal static Circuit Random(EdgeGraph graph, int n, Random random)
    {
        int[] edges = [.. Flat(graph).Where(e => graph.HasEdge(e.Source, e.Target))
            .Select(e => (e.Source * graph.Targets.Count) + e.Target)];
        random.Shuffle(edges);
        bool[] inside = new bool[graph.Sources.Count * graph.Targets.Count];
        foreach (int edge in edges.Take(n))
        {
            inside[edge] = true;
        }
        return new(graph, inside);
    }

    /// <summary>Every edge that is not in this one.</summary>
    public Circuit Complement() => new(Graph, [.. Flat(Graph).Select((e, i) => Graph.HasEdge(e.Source, e.Target) && !Inside[i])]);

    /// <summary>
    /// Without nodes that nothing reads, or (but for the input) that read nothing, and without their edges, until nothing changes.
    /// </summary>
    public Circuit Pruned()
    {
        bool[] inside = [.. Inside];
        int targets = Graph.Targets.Count;
        for (bool changed = true; changed;)
        {
            changed = false;
            HashSet<int> read = [], reads = [0];
            for (int i = 0; i < inside.Length; i++)
            {
                if (inside[i])
                {
                    read.Add(i / targets);
                    reads.Add(Graph.NodeOf(i % targets));
                }
            }
            for (int i = 0; i < inside.Length; i++)
            {
                int source = i / targets, node = Graph.NodeOf(i % targets);
                if (inside[i] && (!reads.Contains(source) || (node >= 0 && !read.Contains(node))))
                {
                    inside[i] = false;
                    changed = true;
                }
            }
        }
        return new(Graph, inside);
    }

    /// <summary>Source and target of every edge in it.</summary>
    internal IEnumerable<(int Source, int Target)> Pairs() => Flat(Graph).Where((_, i) => Inside[i]);

    private static IEnumerable<(int Source, int Target)> Flat(EdgeGraph graph) =>
        Enumerable.Range(0, graph.Sources.Count * graph.Targets.Count).Select(i => (i / graph.Targets.Count, i % graph.Targets.Count));

    private static IEnumerable<int> Order(EdgeScores scores, bool absolute) => Flat(scores.Graph)
        .Where(e => scores.Graph.HasEdge(e.Source, e.Target))
        .OrderByDescending(e => Size(scores[e.Source, e.Target], absolute)).Select(e => (e.Source * scores.Graph.Targets.Count) + e.Target);

    private static double Size(double score, bool absolute) => absolute ? Math.Abs(score) : score;
}
