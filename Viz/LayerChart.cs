namespace Vitrine.Viz;

/// <summary>A number per layer with its uncertainty, for several things next to one another.</summary>
public static class LayerChart
{
    private const double Left = 56, Right = 16, Legend = 49, Height = 220, Foot = 110, Least = 640;
    private static readonly string[] s_colors = ["#3486dc", "#e8601c", "#2f9e62", "#9b5fc0", "#b0892a", "#7b828c"];

    /// <summary>Draws parts of 1, layers from left to right.</summary>
    /// <param name="title">What is shown.</param>
    /// <param name="note">What a reader should know.</param>
    /// <param name="layers">Names of the places.</param>
    /// <param name="series">The curves.</param>
    /// <param name="level">Where a line is drawn across: what can be had for nothing.</param>
    /// <exception cref="ArgumentException">There is nothing to draw, or a curve has not one point per layer.</exception>
    public static string Svg(string title, string note, IReadOnlyList<string> layers, IReadOnlyList<LayerSeries> series, double level)
    {
        if (layers.Count == 0 || series.Count == 0 || series.Any(curve => curve.Points.Count != layers.Count))
        {
            throw new ArgumentException($"layer chart: nothing to draw; got {layers.Count} layers and {series.Count} curves; "
                + $"expected a point per layer in each.", nameof(series));
        }
        double width = Math.Max(Least, Left + Right + (layers.Count * 40)), step = (width - Left - Right) / layers.Count;
        (double X, double Y)[] legend = new (double, double)[series.Count];
        (double x, double y) = (Left, Legend);
        for (int i = 0; i < series.Count; i++)
        {
            double length = 36 + SvgCanvas.TextLength(series[i].Name, 11);
            (x, y) = x > Left && x + length > width ? (Left, y + 16) : (x, y);
            legend[i] = (x, y);
            x += length;
        }
        double top = y + 16;
        double X(int layer) => Left + ((layer + 0.5) * step);
        double Y(double part) => top + (Height * (1 - part));

        var canvas = new SvgCanvas();
        canvas.Text(title, Left, 20, kind: "title");
        canvas.Text(note, Left, 36, kind: "soft small");
        for (int i = 0; i < series.Count; i++)
        {
            canvas.Curve(Color(i), [(legend[i].X, legend[i].Y), (legend[i].X + 16, legend[i].Y)], series[i].IsThin ? 1 : 2.5);
            canvas.Text(series[i].Name, legend[i].X + 20, legend[i].Y + 4, kind: "small");
        }
        for (int tenth = 0; tenth <= 10; tenth += 2)
        {
            canvas.Line(Left - 4, Y(tenth / 10.0), Left, Y(tenth / 10.0));
            canvas.Text($"{tenth * 10} %", Left - 8, Y(tenth / 10.0) + 4, "end", "soft small");
        }
        canvas.Line(Left, top, Left, Y(0));
        canvas.Line(Left, Y(0), width - Right, Y(0));
        canvas.Line(Left, Y(level), width - Right, Y(level));
        for (int i = 0; i < layers.Count; i++)
        {
            canvas.Text(layers[i], X(i) + 4, Y(0) + 14, "end", "soft small", -40);
        }
        for (int i = 0; i < series.Count; i++)
        {
            LayerSeries curve = series[i];
            canvas.Curve(Color(i), curve.Points.Select((p, layer) => (X(layer), Y(p.Value))), curve.IsThin ? 1 : 2.5);
            for (int layer = 0; layer < layers.Count && !curve.IsThin; layer++)
            {
                (double value, double low, double high) = curve.Points[layer];
                canvas.Curve(Color(i), [(X(layer), Y(low)), (X(layer), Y(high))], 1);
                canvas.Curve(Color(i), [(X(layer) - 3, Y(value)), (X(layer) + 3, Y(value))], 5);
            }
        }
        return canvas.Close(width, top + Height + Foot, title);

        string Color(int i) => s_colors[series[i].Color % s_colors.Length];
    }
}

/// <summary>A curve of a <see cref="LayerChart"/>.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Points">Per layer, a part of 1 and the ends of its interval.</param>
/// <param name="Color">Number of its colour; curves that belong together share one.</param>
/// <param name="IsThin">Drawn thin and without intervals: something to compare with.</param>
public sealed record LayerSeries(string Name, IReadOnlyList<(double Value, double Low, double High)> Points, int Color,
    bool IsThin = false);
