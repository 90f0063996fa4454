using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>Which method explains best, as a table and as a picture: a mean and its 95 % interval per method and metric.</summary>
public static class ScoreboardView
{
    private const double Margin = 16, RowHeight = 18, Panel = 250, Gap = 28;

    /// <summary>The table, the best method first; <c>*</c> marks the best of a column.</summary>
    public static Grid Table(Scoreboard board) => new()
    {
        Head = ["method", ">rank", .. board.Metrics.Select(metric => $">{metric.Name} {(metric.HigherIsBetter ? "↑" : "↓")}")],
        Rows = [.. board.Ranking().Select(row => (string[])
            [row.Method, Rank(row.Rank), .. board.Metrics.Select(metric => Cell(board.Score(row.Method, metric)) + (board.Methods.Count > 1
                && board.Best(metric) == row.Method ? "*" : ""))])],
        Note = string.Create(CultureInfo.InvariantCulture, $"{board.Texts} text{(board.Texts == 1 ? "" : "s")}; ↑ more is better, ↓ less "
            + $"is; * the best of its column; ± half of the 95 % interval; rank: mean over the metrics."),
    };

    /// <summary>One panel per metric: a dot for the mean of every method, a line for its interval.</summary>
    public static string Svg(Scoreboard board)
    {
        IMetric[] metrics = [.. board.Metrics.Where(metric => board.Best(metric) is not null)];
        string[] methods = [.. board.Ranking().Select(row => row.Method)];
        double names = Math.Max(60, methods.Select(m => SvgCanvas.TextLength(m)).DefaultIfEmpty(0).Max()) + 10;
        double panelWidth = names + Panel, panelHeight = 34 + (methods.Length * RowHeight) + 20;
        int across = Math.Min(2, Math.Max(1, metrics.Length));
        var canvas = new SvgCanvas();
        for (int i = 0; i < metrics.Length; i++)
        {
            Draw(canvas, board, metrics[i], methods, Margin + (i % across * (panelWidth + Gap)), Margin + (i / across * panelHeight),
                names);
        }
        double bottom = Margin + (Math.Ceiling((double)metrics.Length / across) * panelHeight) + 12;
        canvas.Rect("for", Margin, bottom - 8, 7, 7);
        canvas.Text("the best by a metric; dot: mean over the texts, line: 95 % interval", Margin + 14, bottom, kind: "soft small");
        return canvas.Close(Math.Max((Margin * 2) + (across * panelWidth) + ((across - 1) * Gap), 440), bottom + Margin,
            "Methods by metric");
    }

    /// <summary>The table and the picture as one HTML file.</summary>
    /// <param name="title">The heading.</param>
    /// <param name="facts">What was evaluated.</param>
    /// <param name="board">The numbers.</param>
    public static string Html(string title, IReadOnlyList<Fact> facts, Scoreboard board)
    {
        var page = new HtmlPage(title);
        page.Raw("<header>").Element("h1", "dir=\"auto\"", title).Notes("facts", facts.Select(f => $"{f.Name} {f.Value}")).Raw("</header>")
            .Line();
        Write(page, board);
        return page.ToString();
    }

    /// <summary>Table, picture and the meaning of the metrics.</summary>
    internal static void Write(HtmlPage page, Scoreboard board)
    {
        page.Raw("<section>").Element("h2", "", "Which method explains best?");
        Table(board).Write(page);
        string svg = Svg(board);
        page.Raw("<div class=\"wide\">").Line().Raw(svg[svg.IndexOf("<svg", StringComparison.Ordinal)..]).Raw("</div>").Line();
        page.Raw("<details><summary>What the metrics mean</summary>");
        new Grid
        {
            Head = ["metric", "formula", "range", "paper"],
            Rows = [.. board.Metrics.Select(m => (string[])[m.Name, m.Formula, m.Range, m.Citation])]
        }.Write(page);
        page.Raw("</details></section>").Line();
    }

    /// <summary>A mean and its interval: <c>0.231 ± 0.041</c>.</summary>
    internal static string Cell(Interval value) => double.IsNaN(value.Mean) ? "n/a"
        : double.IsNaN(value.HalfWidth) ? Number(value.Mean) : $"{Number(value.Mean)} ± {Number(value.HalfWidth)}";

    private static void Draw(SvgCanvas canvas, Scoreboard board, IMetric metric, string[] methods, double x, double y, double names)
    {
        Interval[] scores = [.. methods.Select(method => board.Score(method, metric))];
        double low = scores.Min(s => Low(s)), high = scores.Max(s => High(s));
        (low, high) = high > low ? (low, high) : (low - 0.5, high + 0.5);
        double axis = x + names, width = Panel - 10;
        double At(double value) => axis + ((value - low) / (high - low) * width);
        canvas.Text($"{metric.Name} {(metric.HigherIsBetter ? "→ better" : "better ←")}", x, y + 14);
        string best = board.Best(metric)!;
        for (int m = 0; m < methods.Length; m++)
        {
            double row = y + 24 + (m * RowHeight);
            canvas.Text(methods[m], axis - 8, row + 13, "end", methods[m] == best ? "" : "soft");
            canvas.Rect("card", axis, row + 2, width, RowHeight - 4);
            if (double.IsNaN(scores[m].Mean))
            {
                continue;
            }
            string tip = $"{methods[m]} {Cell(scores[m])}";
            canvas.Rect("against", At(Low(scores[m])), row + 8, Math.Max(1, At(High(scores[m])) - At(Low(scores[m]))), 2, tip: tip);
            canvas.Rect(methods[m] == best ? "for" : "against", At(scores[m].Mean) - 3.5, row + 5.5, 7, 7, tip: tip);
        }
        double bottom = y + 24 + (methods.Length * RowHeight);
        if (low < 0 && high > 0)
        {
            canvas.Line(At(0), y + 24, At(0), bottom);
        }
        canvas.Text(Number(low), axis, bottom + 12, kind: "soft small");
        canvas.Text(Number(high), axis + width, bottom + 12, "end", "soft small");
    }

    private static double Low(Interval s) => double.IsNaN(s.Mean) ? double.PositiveInfinity : double.IsNaN(s.HalfWidth)
        ? s.Mean : s.Mean - s.HalfWidth;

    private static double High(Interval s) => double.IsNaN(s.Mean) ? double.NegativeInfinity : double.IsNaN(s.HalfWidth)
        ? s.Mean : s.Mean + s.HalfWidth;

    private static string Rank(double rank) => double.IsNaN(rank) ? "n/a" : rank.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value != 0 && (Math.Abs(value) < 0.0005 || Math.Abs(value) >= 1e5)
        ? value.ToString("0.0e+0", CultureInfo.InvariantCulture)
        : value.ToString(Math.Abs(value) < 10 ? "0.000" : "0.0", CultureInfo.InvariantCulture);
}
