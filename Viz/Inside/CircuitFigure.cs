using System.Globalization;
using System.Text;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>A circuit as a picture: layers from the input at the bottom to the logits at the top, edges as wide as their scores.</summary>
public static class CircuitFigure
{
    private static readonly (char, double)[] s_inputs = [('q', -14.0), ('k', 0.0), ('v', 14.0)];

    private const double Row = 64, Column = 62, Margin = 24;

    /// <summary>The picture.</summary>
    /// <param name="circuit">The edges.</param>
    /// <param name="scores">Their scores; null: all equally wide.</param>
    /// <param name="title">What stands above it.</param>
    public static string Svg(Circuit circuit, EdgeScores? scores, string title)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        EdgeGraph graph = circuit.Graph;
        double rows = (2 * graph.Layers) + 2,
            width = Math.Max((2 * Margin) + (Math.Max(graph.Heads, 2) * Column), SvgCanvas.TextLength(title, 15) + (2 * Margin)), top = 84,
            height = top + (rows * Row) + Margin;
        // Input, then per block heads and feed-forward layer, then logits.
        (double X, double Y) Place(string node)
        {
            double row = 0, x = width / 2;
            if (node == "logits")
            {
                row = rows - 1;
            }
            else if (node.StartsWith('a'))
            {
                string[] parts = node[1..].Split(".h");
                row = 1 + (2 * int.Parse(parts[0], CultureInfo.InvariantCulture));
                x = (width / 2) + ((int.Parse(parts[1], CultureInfo.InvariantCulture) - ((graph.Heads - 1) / 2.0)) * Column);
            }
            else if (node.StartsWith('m'))
            {
                row = 2 + (2 * int.Parse(node[1..], CultureInfo.InvariantCulture));
            }
            return (x, height - Margin - (Row / 2) - (row * Row));
        }
        var canvas = new SvgCanvas();
        canvas.Text(title, Margin, 26, kind: "title");
        canvas.Paragraph($"{circuit.Count} edges; orange raises the metric when corrupted, blue lowers it; q, k, v: where an edge is read",
            Margin, 46, width - (2 * Margin));
        (string Source, string Target, double Score)[] edges = [.. circuit.Edges.Select(e => e.Split("->"))
            .Select(e => (e[0], e[1], Score(graph, scores, e[0], e[1])))];
        double most = edges.Select(e => Math.Abs(e.Score)).DefaultIfEmpty(1).Max();
        foreach ((string source, string target, double score) in edges.OrderBy(e => Math.Abs(e.Score)))
        {
            int bracket = target.IndexOf('<', StringComparison.Ordinal);
            string node = bracket < 0 ? target : target[..bracket];
            (double x1, double y1) = Place(source);
            (double x2, double y2) = Place(node);
            x2 += bracket < 0 ? 0 : target[bracket + 1] switch { 'q' => -14, 'k' => 0, _ => 14 };
            (y1, y2) = (y1 - 12, y2 + 12);
            // A cubic curve in twelve pieces: it leaves upwards and arrives from below.
            double bend = Math.Max(20, (y1 - y2) * 0.45);
            canvas.Curve(score < 0 ? "#3486dc" : "#e8601c", Enumerable.Range(0, 13)
                .Select(i => Bezier(i / 12.0, (x1, y1), (x1, y1 - bend), (x2, y2 + bend), (x2, y2))), 0.6
                + (4 * Math.Abs(score) / Math.Max(most, 1e-30)));
        }
        HashSet<string> nodes = [.. edges.SelectMany(e => new[] { e.Source, e.Target.Split('<')[0] })];
        foreach (string node in graph.Sources.Append("logits").Where(nodes.Contains))
        {
            (double x, double y) = Place(node);
            double half = Math.Min(Column - 6, Math.Max(44, SvgCanvas.TextLength(node, 11) + 10)) / 2;
            canvas.Rect("card", x - half, y - 12, 2 * half, 24, tip: node);
            canvas.Text(node, x, y + 4, "middle", "small");
            foreach ((char c, double dx) in node.StartsWith('a') ? s_inputs : [])
            {
                canvas.Text(c.ToString(), x + dx, y + 22, "middle", "soft small");
            }
        }
        return canvas.Close(width, height, title);
    }

    /// <summary>The circuit in Graphviz' language: <c>dot -Tsvg</c> draws it.</summary>
    /// <param name="circuit">The edges.</param>
    /// <param name="scores">Their scores; null: none.</param>
    public static string Dot(Circuit circuit, EdgeScores? scores)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        EdgeGraph graph = circuit.Graph;
        var text = new StringBuilder("digraph circuit {\n  rankdir=BT;\n  node [shape=box, fontname=\"sans-serif\"];\n");
        foreach (IGrouping<string, string> rank in circuit.Nodes.Append("logits").Distinct().GroupBy(n => n.Split('.')[0]))
        {
            text.Append("  { rank=same; ").AppendJoin(' ', rank.Select(n => $"\"{n}\";")).Append(" }\n");
        }
        foreach (string[] edge in circuit.Edges.Select(e => e.Split("->")))
        {
            double score = Score(graph, scores, edge[0], edge[1]);
            int bracket = edge[1].IndexOf('<', StringComparison.Ordinal);
            (string node, string label) = bracket < 0 ? (edge[1], "") : (edge[1][..bracket], edge[1][(bracket + 1)..^1]);
            string colour = score < 0 ? "#3486dc" : "#e8601c";
            text.Append(CultureInfo.InvariantCulture, $"  \"{edge[0]}\" -> \"{node}\" ");
            text.Append(CultureInfo.InvariantCulture, $"[label=\"{label}\", color=\"{colour}\", tooltip=\"{score:R}\"];\n");
        }
        return text.Append("}\n").ToString();
    }

    private static double Score(EdgeGraph graph, EdgeScores? scores, string source, string target) =>
        scores is null ? 1 : scores[graph.Sources.ToList().IndexOf(source), graph.Targets.ToList().IndexOf(target)];

    private static (double, double) Bezier(double t, (double X, double Y) a, (double X, double Y) b, (double X, double Y) c,
        (double X, double Y) d)
    {
        double s = 1 - t, w0 = s * s * s, w1 = 3 * s * s * t, w2 = 3 * s * t * t, w3 = t * t * t;
        return ((w0 * a.X) + (w1 * b.X) + (w2 * c.X) + (w3 * d.X), (w0 * a.Y) + (w1 * b.Y) + (w2 * c.Y) + (w3 * d.Y));
    }
}
