using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Training;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>The statistics of results as charts, which <c>Vitrine.Drawing.Plots</c> draws as PNG, SVG or PDF.</summary>
public static class StatisticCharts
{
    private const int Stretches = 400; // more than that no screen can show: batches are averaged in as many stretches

    /// <summary>How the loss of a training fell: a curve of the batches learned from, one of the evaluations.</summary>
    /// <param name="title">What was trained.</param>
    /// <param name="training">Steps and the loss of their batch, nats; at least one.</param>
    /// <param name="evaluations">Steps and the loss on held-out data, nats; may be empty.</param>
    public static Chart Loss(
        string title, IReadOnlyList<(int Step, double Loss)> training, IReadOnlyList<(int Step, double Loss)> evaluations)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(evaluations);
        ChartCurve learned = new("batches learned from", [.. training.Chunk(Math.Max(1, training.Count / Stretches))
            .Select(part => ChartPoint.Of(part.Average(p => p.Step), part.Average(p => p.Loss)))], 0)
        { IsThin = true };
        ChartCurve held = new("held out", [.. evaluations.Select(p => ChartPoint.Of(p.Step, p.Loss))], 1);
        return new()
        {
            Title = title,
            Panels = [new() { XLabel = "step", YLabel = "loss, nats", Curves = evaluations.Count > 0 ? [learned, held] : [learned] }],
        };
    }

    /// <summary>Accuracy per layer, a curve with its band per probe and a thin one for its control task.</summary>
    /// <param name="result">What probing found.</param>
    public static Chart Probe(ProbeResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        ProbeReport report = result.Report;
        string[] hooks = [.. report.Scores.Select(score => score.Hook).Distinct()];
        return new()
        {
            Title = result.Title,
            Note = $"accuracy on {report.TestExamples} unseen examples, 95 % intervals; dashed: always the most frequent class",
            Panels = [new()
            {
                YLabel = "accuracy",
                IsShare = true,
                Level = report.Majority,
                Ticks = [.. ProbeResult.Short(hooks).Select((name, i) => ((double)i, name))],
                Curves = [.. report.Scores.GroupBy(score => score.Probe).Index().SelectMany(probe => (ChartCurve[])
                [
                    new(probe.Item.Key, [.. probe.Item.Select((s, i) =>
                        new ChartPoint(i, s.Accuracy.Value, s.Accuracy.Low, s.Accuracy.High))], probe.Index),
                    .. probe.Item.All(s => s.Control is not null)
                        ? (ChartCurve[])[new($"{probe.Item.Key}, control task", [.. probe.Item.Select((s, i) =>
                            ChartPoint.Of(i, s.Control!.Value))], probe.Index) { IsThin = true }] : [],
                ])],
            }],
        };
    }

    /// <summary>A panel per metric: each method's mean with its 95 % interval.</summary>
    /// <param name="result">What evaluation found.</param>
    public static Chart Metrics(EvaluateResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Scoreboard board = result.Board;
        string[] methods = [.. board.Ranking().Select(row => row.Method)];
        return new()
        {
            Title = $"{result.Model}: which method explains best?",
            Note = $"means over {board.Texts} {(board.Texts == 1 ? "text" : "texts")} with 95 % intervals; best ranked first",
            Panels = [.. board.Metrics.Where(metric => methods.Any(method => !double.IsNaN(board.Score(method, metric).Mean)))
                .Select(metric => new ChartPanel
                {
                    Title = $"{metric.Name} ({(metric.HigherIsBetter ? "higher" : "lower")} is better)",
                    Ticks = [.. methods.Select((method, i) => ((double)i, method))],
                    Curves = [new("mean", [.. methods.Select((method, i) => Point(i, board.Score(method, metric)))], 0)
                    {
                        IsScatter = true,
                    }],
                })],
        };
    }

    /// <summary>Faithfulness by the number of edges, on a logarithmic axis.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="curve">What <see cref="Inside.Curve"/> found.</param>
    public static Chart Faithfulness(string model, InsideResult curve)
    {
        ArgumentNullException.ThrowIfNull(curve);
        InsideTable table = curve.Tables.Single(table => table.Name == "faithfulness");
        (IReadOnlyList<string> names, IReadOnlyList<string> sizes) = (table.Axes[0].Labels, table.Axes[1].Labels);
        double At(int size) => Math.Log2(double.Parse(sizes[size], CultureInfo.InvariantCulture) + 1);
        return new()
        {
            Title = $"{model}: how much of the answer circuits of growing size carry",
            Note = $"{table.Meaning}; logarithmic axis",
            Panels = [new()
            {
                XLabel = "edges",
                YLabel = "faithfulness",
                Level = 1,
                Ticks = [.. Enumerable.Range(0, sizes.Count).Select(i => (At(i), sizes[i]))],
                Curves = [.. names.Select((name, c) =>
                    new ChartCurve(name, [.. Enumerable.Range(0, sizes.Count).Select(i => ChartPoint.Of(At(i), table[c, i]))], c)
                    {
                        IsThin = name == "random",
                    })],
            }],
        };
    }

    private static ChartPoint Point(int at, Interval score) => double.IsNaN(score.HalfWidth)
        ? ChartPoint.Of(at, score.Mean) : new(at, score.Mean, score.Mean - score.HalfWidth, score.Mean + score.HalfWidth);
}
