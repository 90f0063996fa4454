using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// A table of a result as a picture: bars for one axis, a heatmap for two, a grid of heatmaps for more, curves for faithfulness.
/// </summary>
public static class InsideFigure
{
    private const double Margin = 16, Gap = 22;
    private const int MostMaps = 64;

    private static readonly double[] s_levels = [0, 0.5, 1];

    // Bright enough for light and dark paper.
    private static readonly string[] s_curves = ["#e8601c", "#3486dc", "#8a9098", "#5aa06a", "#b15fc4", "#c9a227"];

    /// <summary>The picture of a table.</summary>
    /// <param name="result">The result that it belongs to.</param>
    /// <param name="table">Its name; null: the first.</param>
    public static string Svg(InsideResult result, string? table = null) => Svg(result, table, null);

    /// <summary>The same with the place in the model that each number is about, for a page where it can be chosen.</summary>
    internal static string Svg(InsideResult result, string? table, Func<InsideTable, int, string?>? place)
    {
        ArgumentNullException.ThrowIfNull(result);
        InsideTable? shown = table is not null ? result[table] : result.Tables is [var first, ..] ? first : null;
        string title = Title(result, shown);
        return shown switch
        {
            null => Numbers(result, title),
            { Name: "circuit", Axes.Count: 1 } => CircuitFigure.Svg(result, shown, title, Note(result, shown),
                node => place?.Invoke(InsideTable.Of("part", "", [0], new InsideAxis("part", [node])), 0)),
            { Name: "faithfulness" } => Curves(shown, title, Note(result, shown)),
            { Axes.Count: 1 } => Bars(shown, title, Note(result, shown), place),
            _ => Maps(shown, title, Note(result, shown), place),
        };
    }

    internal static string Title(InsideResult result, InsideTable? table) =>
        result.Method.Replace('_', ' ') + (result.Model is null ? "" : $" of {result.Model}")
        + (table is null ? "" : $": {table.Name.Replace('_', ' ')}");

    internal static string Note(InsideResult result, InsideTable table) => string.Join(" · ", new[]
    {
        table.Meaning, result.Metric is null ? "" : $"metric {result.Metric}", result.Direction is null ? ""
            : $"direction {result.Direction}",
    }.Where(text => text.Length > 0));

    private static string Numbers(InsideResult result, string title)
    {
        var canvas = new SvgCanvas();
        canvas.Text(title, Margin, 24, kind: "title");
        double y = 48;
        foreach ((string name, double value) in result.Numbers)
        {
            canvas.Text($"{name} {Viz.Numbers.Exact(value)}", Margin, y);
            y += 18;
        }
        return canvas.Close(Math.Max(320, SvgCanvas.TextLength(title, 15) + (2 * Margin)), y + Margin, title);
    }

    private static string Bars(InsideTable table, string title, string note, Func<InsideTable, int, string?>? place)
    {
        const double Row = 18, Length = 320;
        string[] labels = [.. table.Axes[0]
            .Labels.Select((l, i) => TextWidth.Cut(Bare(table.Texts is { } texts ? $"{l} {texts[i]}" : l), 40))];
        double low = Math.Min(0, table.Values.Where(double.IsFinite).DefaultIfEmpty(0).Min()),
            high = Math.Max(0, table.Values.Where(double.IsFinite).DefaultIfEmpty(0).Max());
        high = high - low > 1e-30 ? high : low + 1;
        double name = labels.Select(l => SvgCanvas.TextLength(l, 11)).DefaultIfEmpty(0).Max() + 10;
        double At(double v) => Margin + name + ((v - low) / (high - low) * Length);
        var canvas = new SvgCanvas();
        double width = Math.Max(Margin + name + Length + 90, SvgCanvas.TextLength(title, 15) + (2 * Margin)),
            y = Head(canvas, title, note, width) + 14;
        for (int i = 0; i < labels.Length; i++, y += Row)
        {
            double v = table.Values[i];
            canvas.Text(labels[i], Margin + name - 6, y + 13, "end", "small");
            if (double.IsFinite(v))
            {
                string between = table.Low is { } lows && table.High is { } highs
                    ? $" ({Viz.Numbers.Exact(lows[i])} … {Viz.Numbers.Exact(highs[i])})" : "";
                canvas.Rect(v < 0 ? "against" : "for", Math.Min(At(0), At(v)), y + 2, Math.Max(1, Math.Abs(At(v) - At(0))), Row - 4,
                    tip: $"{labels[i]} {Viz.Numbers.Exact(v)}{between}", place: place?.Invoke(table, i));
                canvas.Text(Viz.Numbers.Exact(v), At(high) + 8, y + 13, kind: "soft small");
            }
        }
        canvas.Line(At(0), y - (Row * labels.Length), At(0), y);
        return canvas.Close(width, y + Margin, title);
    }

    private static string Maps(InsideTable table, string title, string note, Func<InsideTable, int, string?>? place)
    {
        int[] shape = [.. table.Axes.Select(a => a.Labels.Count)];
        int maps = shape[..^2].Aggregate(1, (product, n) => product * n), rows = shape[^2], columns = shape[^1];
        int drawn = Math.Min(maps, MostMaps);
        var scale = ColorScale.Over(table.Values.Select(v => (float)v));
        string[] rowNames = [.. table.Axes[^2].Labels.Select(l => TextWidth.Cut(Bare(l), 24))],
            columnNames = [.. table.Axes[^1].Labels.Select(l => TextWidth.Cut(Bare(l), 24))];
        string[] axes = [table.Axes[^2].Name.Trim(), table.Axes[^1].Name.Trim()];
        double left = rowNames.Append(axes[0]).Max(n => SvgCanvas.TextLength(n, 11)) + 8,
            foot = columnNames.Max(n => SvgCanvas.TextLength(n, 11));
        bool texts = table.Texts is not null;
        double cell = texts ? 58 : Math.Clamp(640.0 / Math.Max(columns, 1), Math.Min(maps > 1 ? 4 : 8, 1600.0 / columns),
            maps > 1 ? 16 : 34), height = texts ? 20 : Math.Clamp(cell, 4, 22);
        bool values = !texts && cell >= 30 && height >= 18;
        cell = values ? Math.Max(cell, table.Values.Where(double.IsFinite).Select(v => SvgCanvas.TextLength(scale.Format(v), 11))
            .DefaultIfEmpty(0).Max() + 6) : cell;
        bool showsColumns = cell >= 9, showsRows = height >= 9, upright = showsColumns && foot + 4 <= cell;
        height = maps == 1 && rows <= 24 ? Math.Max(height, 10) : height;
        left = showsRows ? left : SvgCanvas.TextLength(axes[0], 11) + 8;
        foot = 14 + (showsColumns ? upright ? 16 : (foot * 0.72) + 12 : 6);
        double facet = maps > 1 ? Enumerable.Range(0, drawn).Max(m => SvgCanvas.TextLength(Facet(table, m), 11)) : 0,
            one = left + Math.Max(columns * cell, facet) + Gap;
        int across = Math.Max(1, Math.Min(drawn, maps > 1 && table.Axes.Count == 4 ? shape[1] : (int)(760 / one)));
        double tall = (maps > 1 ? 18 : 0) + (rows * height) + foot + 14;
        var canvas = new SvgCanvas();
        double width = Math.Max((2 * Margin) + (across * one), Math.Max(SvgCanvas.TextLength(title, 15) + (2 * Margin), 420)),
            top = Head(canvas, title, note, width) + 12;
        canvas.Legend(scale, Margin, top);
        top += maps > 1 ? 24 : 36;
        for (int m = 0; m < drawn; m++)
        {
            double x0 = Margin + (m % across * one), y0 = top + (m / across * tall);
            if (maps > 1)
            {
                canvas.Text(Facet(table, m), x0 + left, y0 + 10, kind: "small");
                y0 += 18;
            }
            Map(canvas, table, scale, m, x0 + left, y0, cell, height, rowNames, columnNames, showsRows, showsColumns, upright, values,
                place);
            canvas.Text(axes[0], x0 + left - 6, y0 - 5, "end", "soft small");
            canvas.Text(axes[1], x0 + left + (columns * cell / 2), y0 + (rows * height) + foot, "middle", "soft small");
        }
        double bottom = top + (((drawn + across - 1) / across) * tall);
        if (drawn < maps)
        {
            canvas.Text(string.Create(CultureInfo.InvariantCulture, $"{drawn} of {maps} maps; all numbers are in the JSON and CSV."),
                Margin, bottom + 4, kind: "soft small");
            bottom += 16;
        }
        return canvas.Close(width, bottom + Margin, title);
    }

    private static void Map(
        SvgCanvas canvas, InsideTable table, ColorScale scale, int map, double x0, double y0, double cell, double height,
            string[] rowNames, string[] columnNames, bool showsRows, bool showsColumns, bool upright, bool values,
            Func<InsideTable, int, string?>? place)
    {
        int rows = rowNames.Length, columns = columnNames.Length;
        double gap = cell < 4 ? 0 : 1;
        // Layers and states grow upwards, as the stream does; queries and sources read downwards.
        bool up = table.Axes[^2].Name is "layer" or "state";
        for (int r = 0; r < rows; r++)
        {
            double y = y0 + ((up ? rows - 1 - r : r) * height);
            if (showsRows)
            {
                canvas.Text(rowNames[r], x0 - 6, y + (height / 2) + 4, "end", "soft small");
            }
            for (int c = 0; c < columns; c++)
            {
                int at = (((map * rows) + r) * columns) + c;
                double v = table.Values[at];
                if (!double.IsFinite(v))
                {
                    continue;
                }
                string text = table.Texts is { } texts ? Bare(texts[at]) : "";
                canvas.Rect("card", x0 + (c * cell), y, cell - gap, height - gap);
                canvas.Rect(v < 0 ? "against" : "for", x0 + (c * cell), y, cell - gap, height - gap, scale.Strength(v),
                    $"{rowNames[r]} · {columnNames[c]}: {text} {Viz.Numbers.Exact(v)}", place?.Invoke(table, at));
                if (text.Length > 0)
                {
                    canvas.Text(TextWidth.Cut(text, 8), x0 + ((c + 0.5) * cell), y + (height / 2) + 4, "middle", "small");
                }
                else if (values)
                {
                    canvas.Text(scale.Format(v), x0 + ((c + 0.5) * cell), y + (height / 2) + 4, "middle", "small");
                }
            }
        }
        for (int c = 0; c < columns && showsColumns; c++)
        {
            double middle = x0 + ((c + 0.5) * cell), y = y0 + (rows * height);
            if (upright)
            {
                canvas.Text(columnNames[c], middle, y + 14, "middle", "soft small");
            }
            else
            {
                canvas.Text(columnNames[c], middle + 3, y + 12, "end", "soft small", -45);
            }
        }
    }

    private static string Curves(InsideTable table, string title, string note)
    {
        const double Width = 520, Height = 260;
        int curves = table.Axes[0].Labels.Count, points = table.Axes[1].Labels.Count;
        double low = Math.Min(0, table.Values.Where(double.IsFinite).DefaultIfEmpty(0).Min()),
            high = Math.Max(1, table.Values.Where(double.IsFinite).DefaultIfEmpty(1).Max());
        (low, high) = (Math.Max(low, -2), Math.Min(high, 3)); // a random circuit may leave the scale by far
        var canvas = new SvgCanvas();
        double full = Width + 90, top = Head(canvas, title, note, full) + 18;
        double[] sizes = [.. table.Axes[1].Labels.Select(l => Math.Log(Math.Max(1, double.Parse(l, CultureInfo.InvariantCulture))))];
        double most = Math.Max(sizes.Max(), 1e-9);
        double X(int i) => Margin + 40 + (sizes[i] / most * Width);
        double Y(double v) => top + ((high - Math.Clamp(v, low, high)) / (high - low) * Height);
        foreach (double level in s_levels)
        {
            canvas.Line(Margin + 40, Y(level), Margin + 40 + Width, Y(level));
            canvas.Text(level.ToString("0.0", CultureInfo.InvariantCulture), Margin + 34, Y(level) + 4, "end", "soft small");
        }
        for (int c = 0; c < curves; c++)
        {
            int from = c * points;
            canvas.Curve(s_curves[c % s_curves.Length], Enumerable.Range(0, points).Where(i => double.IsFinite(table.Values[from + i]))
                .Select(i => (X(i), Y(table.Values[from + i]))), 2);
        }
        for (int i = 0; i < points; i++)
        {
            canvas.Text(table.Axes[1].Labels[i], X(i), top + Height + 16, "middle", "soft small");
        }
        canvas.Text("edges, logarithmic", Margin + 40 + (Width / 2), top + Height + 34, "middle", "soft small");
        double y = top + Height + 54;
        for (int c = 0; c < curves; c++, y += 16)
        {
            canvas.Curve(s_curves[c % s_curves.Length], [(Margin + 40, y - 4), (Margin + 64, y - 4)], 3);
            canvas.Text(table.Axes[0].Labels[c], Margin + 70, y, kind: "small");
        }
        return canvas.Close(full, y + 4, title);
    }

    // Title and note; returns the baseline of the last line.
    private static double Head(SvgCanvas canvas, string title, string note, double width)
    {
        canvas.Text(title, Margin, 24, kind: "title");
        return note.Length == 0 ? 28 : canvas.Paragraph(note, Margin, 44, width - (2 * Margin));
    }

    private static string Facet(InsideTable table, int map)
    {
        List<string> parts = [];
        for (int axis = table.Axes.Count - 3; axis >= 0; axis--)
        {
            int length = table.Axes[axis].Labels.Count;
            parts.Insert(0, $"{table.Axes[axis].Name} {table.Axes[axis].Labels[map % length]}");
            map /= length;
        }
        return string.Join(" ", parts);
    }

    // A token of spaces is shown by dots, alone or after its position.
    private static string Bare(string text)
    {
        string bare = text.TrimEnd(' ');
        int spaces = text.Length - bare.Length - (bare.Length > 0 ? 1 : 0);
        return Markup.Visible(spaces > 0 ? $"{bare} {new string('·', spaces)}" : text).Trim();
    }
}
