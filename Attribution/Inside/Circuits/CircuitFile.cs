using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Circuits in the JSON of EAP-IG: <c>cfg</c>, <c>nodes</c> (name → in_graph) and <c>edges</c> (name → score, in_graph).</summary>
public static class CircuitFile
{
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
        JsonNode json;
        try
        {
            json = JsonNode.Parse(text) ?? throw new JsonException("empty");
        }
        catch (JsonException e)
        {
            throw new VitrineException($"circuit json: not JSON; got {e.Message}; expected what EAP-IG writes.", e);
        }
        if (json["cfg"] is not JsonObject cfg || json["edges"] is not JsonObject edges || cfg["n_layers"] is not { } layers
            || cfg["n_heads"] is not { } heads)
        {
            throw new VitrineException(
                "circuit json: another form; expected an object with cfg (n_layers, n_heads, d_model), nodes and edges.");
        }
        var graph = new EdgeGraph(layers.GetValue<int>(), heads.GetValue<int>(), cfg["d_model"]?.GetValue<int>() ?? 0,
            cfg["parallel_attn_mlp"]?.GetValue<bool>() ?? false);
        Dictionary<string, int> sources = graph.Sources.Select((n, i) => (n, i)).ToDictionary(),
            targets = graph.Targets.Select((n, i) => (n, i)).ToDictionary();
        double[] values = new double[sources.Count * targets.Count];
        List<string> chosen = [];
        foreach ((string name, JsonNode? edge) in edges)
        {
            string[] ends = name.Split("->");
            if (ends.Length != 2 || !sources.TryGetValue(ends[0], out int s) || !targets.TryGetValue(ends[1], out int t)
                || !graph.HasEdge(s, t))
            {
                throw new VitrineException(
                    $"circuit json: no such edge; got '{name}'; expected edges of {graph.Layers} layers with {graph.Heads} heads.");
            }
            values[(s * targets.Count) + t] = edge?["score"] is { } score && score.GetValueKind() == JsonValueKind.Number
                ? score.GetValue<double>() : 0;
            if (edge?["in_graph"]?.GetValue<bool>() is true)
            {
                chosen.Add(name);
            }
        }
        EdgeScores scores = new() { Graph = graph, Values = values, Method = EdgeMethod.Eap, Metric = "", MetricClean = double.NaN,
            MetricCorrupted = double.NaN };
        return (scores, Circuit.Of(graph, chosen));
    }
}
