using System.Globalization;
using System.Xml.Linq;
using Vitrine.Attributions;
using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests.Viz;

/// <summary>The picture of a circuit: no edge passes through a node or its letters.</summary>
public sealed class CircuitFigureTests
{
    [Theory]
    [InlineData(2, 2, 30)]
    [InlineData(5, 4, 90)]
    [InlineData(12, 12, 400)]
    public void Edges_BetweenNodes_CoverNone(int layers, int heads, int edges)
    {
        var graph = new EdgeGraph(layers, heads, 8);
        var random = new Random(edges);
        EdgeScores scores = new()
        {
            Graph = graph,
            Values = [.. Enumerable.Range(0, graph.Sources.Count * graph.Targets.Count).Select(_ => random.NextDouble() - 0.5)],
            Method = EdgeMethod.Eap,
            Metric = "logit_diff",
            MetricClean = 1,
            MetricCorrupted = 0,
        };
        var circuit = Circuit.Top(scores, edges);

        var svg = XDocument.Parse(CircuitFigure.Svg(circuit, scores, "circuit"));

        double[][] cards = [.. svg.Descendants().Where(e => (string?)e.Attribute("class") == "card")
            .Select(e => new[] { "x", "y", "width", "height" }.Select(a => Number((string)e.Attribute(a)!)).ToArray())];
        string[] lines = [.. svg.Descendants().Where(e => e.Name.LocalName == "polyline").Select(e => (string)e.Attribute("points")!)];
        Assert.Equal(circuit.Count, lines.Length);
        Assert.Equal(circuit.Nodes.Append("logits").Distinct().Count(), cards.Length);
        foreach (double[] point in lines.SelectMany(line => line.Split(' ')).Select(p => p.Split(',').Select(Number).ToArray()))
        {
            Assert.DoesNotContain(cards, c => point[0] > c[0] + 1 && point[0] < c[0] + c[2] - 1 && point[1] > c[1] + 1
                && point[1] < c[1] + c[3] - 1);
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
