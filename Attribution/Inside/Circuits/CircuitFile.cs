using System.Text.Json;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Circuits in the JSON of EAP-IG: <c>cfg</c>, <c>nodes</c> (name → in_graph) and <c>edges</c> (name → score, in_graph).
/// </summary>
public static class CircuitFile
{
    private const int MostNodes = 1 << 16; // layers, or heads of a layer

    /// <summary>Writes scores and choice.</summary>
    /// <param name="scores">Scores of all edges.</param>
    /// <param name="circuit">Which are chosen; null: all.</param>
    public static string ToJson(EdgeScores scores, Circuit? circuit)
    {
        ArgumentNullException.ThrowIfNull(scores);
        EdgeGraph graph = scores.Graph;
        circuit ??= Circuit.All(graph);
        HashSet<string> inside = [.. circuit.Nodes, "logits"];
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream,
            new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("cfg");
            json.WriteNumber("n_layers", graph.Layers);
            json.WriteNumber("n_heads", graph.Heads);
            json.WriteBoolean("parallel_attn_mlp", graph.IsParallel);
            json.WriteNumber("d_model", graph.DModel);
            json.WriteEndObject();
            json.WriteStartObject("nodes");
            foreach (string node in graph.Sources.Append("logits"))
            {
                json.WriteStartObject(node);
                json.WriteBoolean("in_graph", inside.Contains(node));
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteStartObject("edges");
            for (int s = 0; s < graph.Sources.Count; s++)
            {
                for (int t = 0; t < graph.Targets.Count; t++)
                {
                    if (graph.HasEdge(s, t))
                    {
                        json.WriteStartObject(graph.NameOf(s, t));
                        json.WriteNumber("score", scores[s, t]);
                        json.WriteBoolean("in_graph", circuit[s, t]);
                        json.WriteEndObject();
                    }
                }
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads what <see cref="ToJson"/> or EAP-IG wrote.</summary>
    /// <exception cref="VitrineException">It is not of that form, or an edge is not of its graph.</exception>
    public static (EdgeScores Scores, Circuit Circuit) FromJson(string text)
    {
        JsonField json = JsonField.Parse("circuit json", System.Text.Encoding.UTF8.GetBytes(text)), cfg = json["cfg"];
        IReadOnlyList<(string Name, JsonField Edge)> edges = json["edges"].Members();
        int layers = cfg["n_layers"].Whole(1, MostNodes), heads = cfg["n_heads"].Whole(1, MostNodes);
        double pairs = (1 + (layers * (heads + 1.0))) * (1 + (layers * ((3.0 * heads) + 1)));
        if (pairs > Math.Max(1e5, 10.0 * edges.Count))
        {
            throw cfg.Bad("names a far larger graph than the file has edges", FormattableString.Invariant($"sizes of {edges.Count} edges"));
        }
        var graph = new EdgeGraph(layers, heads, cfg.Optional("d_model")?.Whole(0, int.MaxValue) ?? 0,
            cfg.Optional("parallel_attn_mlp")?.Flag() ?? false);
        Dictionary<string, int> sources = graph.Sources.Select((n, i) => (n, i)).ToDictionary(),
            targets = graph.Targets.Select((n, i) => (n, i)).ToDictionary();
        double[] values = new double[sources.Count * targets.Count];
        List<string> chosen = [];
        foreach ((string name, JsonField edge) in edges)
        {
            string[] ends = name.Split("->");
            if (ends.Length != 2 || !sources.TryGetValue(ends[0], out int s) || !targets.TryGetValue(ends[1], out int t)
                || !graph.HasEdge(s, t))
            {
                throw edge.Bad("is no edge", FormattableString.Invariant($"edges of {graph.Layers} layers with {graph.Heads} heads"));
            }
            values[(s * targets.Count) + t] = edge.Optional("score")?.Number() ?? 0;
            if (edge.Optional("in_graph")?.Flag() is true)
            {
                chosen.Add(name);
            }
        }
        EdgeScores scores = new()
        {
            Graph = graph,
            Values = values,
            Method = EdgeMethod.Eap,
            Metric = "",
            MetricClean = double.NaN,
            MetricCorrupted = double.NaN
        };
        return (scores, Circuit.Of(graph, chosen));
    }
}
