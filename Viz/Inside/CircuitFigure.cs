using System.Globalization;
using System.Text;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// A circuit as a picture: layers from the input at the bottom to the logits at the top, edges as wide as their scores. Edges pass between
/// the nodes of the rows that they skip.
/// </summary>
public static class CircuitFigure
{
    private const double Row = 78, Column = 88, Margin = 24, Half = 32, Tall = 19, Low = 12, Gap = 9;

    // Where a head reads its queries, keys and values.
    private static readonly (char Letter, double X)[] s_inputs = [('q', -17), ('k', 0), ('v', 17)];

    /// <summary>The picture.</summary>
    /// <param name="circuit">The edges.</param>
    /// <param name="scores">Their scores; null: all equally wide.</param>
    /// <param name="title">What stands above it.</param>
    public static string Svg(Circuit circuit, EdgeScores? scores, string title)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        return Svg([.. Edges(circuit, scores)], circuit.Graph.Sources, title, "", null);
    }

    /// <summary>The picture of a saved choice of edges.</summary>
    /// <param name="result">The result.</param>
    /// <param name="circuit">Its table of edges by name.</param>
    /// <param name="title">What stands above it.</param>
    /// <param name="note">What stands below the title.</param>
    /// <param name="place">The place in the model that a node is; null: none is named.</param>
    internal static string Svg(InsideResult result, InsideTable circuit, string title, string note, Func<string, string?>? place = null)
    {
        (string Source, string Target, double Score)[] edges = [.. circuit.Axes[0].Labels.Select((name, i) =>
            name.Split("->") is [var source, var target] ? (source, target, circuit.Values[i]) : ("", "", 0))
            .Where(e => IsNode(e.Item1) && IsNode(NodeOf(e.Item2)))];
        IEnumerable<string> sources = result.Tables.FirstOrDefault(t => t.Name == "edges")?.Axes[0].Labels ?? [];
        return Svg(edges, [.. sources.Where(IsNode), .. edges.SelectMany(e => new[] { e.Source, NodeOf(e.Target) })], title, note, place);
    }

    private static string Svg((string Source, string Target, double Score)[] edges, IReadOnlyList<string> nodes, string title, string note,
        Func<string, string?>? place)
    {
        int heads = Math.Max(2, nodes.Where(n => n[0] == 'a').Select(n => Place(n).Head + 1).DefaultIfEmpty(0).Max());
        string[] shown = [.. edges.SelectMany(e => new[] { e.Source, NodeOf(e.Target) }).Distinct()];
        int[] levels = [.. shown.Select(n => Place(n).Level).Distinct().Order()];
        var canvas = new SvgCanvas();
        double width = Math.Max((2 * Margin) + (heads * Column), SvgCanvas.TextLength(title, 15) + (2 * Margin));
        canvas.Text(title, Margin, 26, kind: "title");
        string legend = FormattableString.Invariant($"{edges.Length} edges; orange raises the metric when ablated, blue lowers it; ")
            + "q, k, v: where an edge is read";
        double top = canvas.Paragraph(note.Length > 0 ? $"{note} · {legend}" : legend, Margin, 46, width - (2 * Margin)) + 16,
            height = top + (levels.Length * Row) + 8;
        double Y(int level) => height - 8 - (Row / 2) - (Array.IndexOf(levels, level) * Row);
        double X(string node) => node[0] == 'a' ? (width / 2) + ((Place(node).Head - ((heads - 1) / 2.0)) * Column) : width / 2;
        ILookup<int, double> columns = shown.ToLookup(n => Place(n).Level, X);
        var lanes = new Dictionary<(int, double), int>();
        double most = edges.Select(e => Math.Abs(e.Score)).DefaultIfEmpty(1).Max();
        foreach ((string source, string target, double score) in edges.OrderBy(e => Math.Abs(e.Score)))
        {
            string node = NodeOf(target);
            (int from, int to) = (Place(source).Level, Place(node).Level);
            (double x1, double y1) = (X(source), Y(from) - HalfHeight(source));
            (double x2, double y2) = (X(node) + s_inputs.FirstOrDefault(i => target.EndsWith($"<{i.Letter}>", StringComparison.Ordinal)).X,
                Y(to) + HalfHeight(node));
            List<(double X, double Y)> path = [(x1, y1)];
            foreach (int level in levels.Where(l => l > from && l < to))
            {
                double x = NextTo(columns[level], x1 + ((x2 - x1) * (Y(level) - y1) / (y2 - y1)));
                int lane = lanes[(level, x)] = lanes.GetValueOrDefault((level, x)) + 1;
                x += (lane / 2) * (lane % 2 == 0 ? 3 : -3);
                path.AddRange([(x, Y(level) + Tall), (x, Y(level) - Tall)]);
            }
            path.Add((x2, y2));
            canvas.Curve(score < 0 ? "#3486dc" : "#e8601c", Smooth(path), 0.6 + (4 * Math.Abs(score) / Math.Max(most, 1e-30)));
        }
        foreach (string node in shown)
        {
            (double x, double y, double half) = (X(node), Y(Place(node).Level), HalfHeight(node));
            canvas.Rect("card", x - Half, y - half, 2 * Half, 2 * half, tip: node, place: place?.Invoke(node));
            canvas.Text(node, x, node[0] == 'a' ? y - 3 : y + 4, "middle", "small");
            foreach ((char letter, double dx) in node[0] == 'a' ? s_inputs : [])
            {
                canvas.Text(letter.ToString(), x + dx, y + 14, "middle", "soft small");
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
        var text = new StringBuilder("digraph circuit {\n  rankdir=BT;\n  node [shape=box, fontname=\"sans-serif\"];\n");
        foreach (IGrouping<string, string> rank in circuit.Nodes.Append("logits").Distinct().GroupBy(n => n.Split('.')[0]))
        {
            text.Append("  { rank=same; ").AppendJoin(' ', rank.Select(n => $"\"{n}\";")).Append(" }\n");
        }
        foreach ((string source, string target, double score) in Edges(circuit, scores))
        {
            string node = NodeOf(target), label = target == node ? "" : target[(node.Length + 1)..^1];
            string colour = score < 0 ? "#3486dc" : "#e8601c";
            text.Append(CultureInfo.InvariantCulture, $"  \"{source}\" -> \"{node}\" ");
            text.Append(CultureInfo.InvariantCulture, $"[label=\"{label}\", color=\"{colour}\", tooltip=\"{score:R}\"];\n");
        }
        return text.Append("}\n").ToString();
    }

    private static IEnumerable<(string Source, string Target, double Score)> Edges(Circuit circuit, EdgeScores? scores) =>
        from source in Enumerable.Range(0, circuit.Graph.Sources.Count)
        from target in Enumerable.Range(0, circuit.Graph.Targets.Count)
        where circuit[source, target]
        select (circuit.Graph.Sources[source], circuit.Graph.Targets[target], scores is null ? 1 : scores[source, target]);

    private static string NodeOf(string target) => target.Split('<')[0];

    // A name from a file may be any text.
    private static bool IsNode(string name) => name is "input" or "logits"
        || (name.Length > 1 && name[0] is 'a' or 'm' && name[1..].Split(".h") is { } parts && parts.Length == (name[0] == 'a' ? 2 : 1)
            && parts.All(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n < 1 << 16));

    // Input, per block heads and feed-forward layer, logits.
    private static (int Level, int Head) Place(string node)
    {
        if (node is "input" or "logits")
        {
            return (node == "input" ? 0 : int.MaxValue, 0);
        }
        int[] numbers = [.. node[1..].Split(".h").Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        return (1 + (2 * numbers[0]) + (node[0] == 'm' ? 1 : 0), numbers[^1]);
    }

    private static double HalfHeight(string node) => node[0] == 'a' ? Tall : Low;

    // The nearest place in a row that no node covers.
    private static double NextTo(IEnumerable<double> columns, double x)
    {
        foreach (double centre in columns)
        {
            if (Math.Abs(x - centre) < Half + Gap)
            {
                return centre + (x < centre ? -Half - Gap : Half + Gap);
            }
        }
        return x;
    }

    // Through points from below to above, upright at each.
    private static IEnumerable<(double, double)> Smooth(List<(double X, double Y)> path)
    {
        for (int i = 1; i < path.Count; i++)
        {
            ((double x1, double y1), (double x2, double y2)) = (path[i - 1], path[i]);
            double middle = (y1 + y2) / 2;
            int pieces = x1 == x2 ? 1 : 12;
            for (int k = i == 1 ? 0 : 1; k <= pieces; k++)
            {
                double t = (double)k / pieces, s = 1 - t;
                yield return ((s * s * ((s + (3 * t)) * x1)) + (t * t * ((t + (3 * s)) * x2)),
                    (s * s * ((s * y1) + (3 * t * middle))) + (t * t * ((t * y2) + (3 * s * middle))));
            }
        }
    }
}
