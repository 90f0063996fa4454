namespace Vitrine.Viz;

/// <summary>Layers × positions: how much can be read where. The first layer is at the bottom.</summary>
public static class LayerHeatmap
{
    private const double Row = 22, Margin = 16, Top = 56;

    /// <summary>Draws it.</summary>
    /// <param name="title">What is shown.</param>
    /// <param name="note">What a reader should know.</param>
    /// <param name="layers">Names of the rows, the lowest first.</param>
    /// <param name="positions">Names of the columns.</param>
    /// <param name="cells">Per row and column a part of 1, how strongly it is coloured (0–1), and what hovering shows; NaN is left
    /// blank.</param>
    public static string Svg(string title, string note, IReadOnlyList<string> layers, IReadOnlyList<string> positions,
        IReadOnlyList<IReadOnlyList<(double Value, double Strength, string Tip)>> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        double column = Math.Max(34, positions.Max(p => SvgCanvas.TextLength(p, 11)) * 0.78),
            left = Margin + layers.Max(layer => SvgCanvas.TextLength(layer, 11)) + 8;
        double bottom = Top + (layers.Count * Row);
        var canvas = new SvgCanvas();
        canvas.Text(title, Margin, 20, kind: "title");
        canvas.Text(note, Margin, 38, kind: "soft small");
        for (int i = 0; i < layers.Count; i++)
        {
            double y = bottom - ((i + 1) * Row);
            canvas.Text(layers[i], left - 8, y + 15, "end", "soft small");
            for (int p = 0; p < positions.Count; p++)
            {
                (double value, double strength, string tip) = cells[i][p];
                if (double.IsFinite(value))
                {
                    canvas.Rect("for", left + (p * column), y, column - 1, Row - 1, Math.Clamp(strength, 0, 1), tip);
                    canvas.Text(Numbers.Length(Math.Round(value * 100)), left + ((p + 0.5) * column), y + 15, "middle", "small");
                }
            }
        }
        for (int p = 0; p < positions.Count; p++)
        {
            canvas.Text(positions[p], left + ((p + 0.5) * column) + 4, bottom + 14, "end", "soft small", -40);
        }
        double foot = (positions.Max(p => SvgCanvas.TextLength(p, 11)) * 0.7) + 24;
        double width = Math.Max(left + (positions.Count * column) + Margin,
            Math.Max(SvgCanvas.TextLength(title, 15), SvgCanvas.TextLength(note, 11)) + (2 * Margin));
        return canvas.Close(width, bottom + foot, title);
    }
}
