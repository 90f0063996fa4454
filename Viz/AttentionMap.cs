using System.Globalization;

namespace Vitrine.Viz;

/// <summary>
/// Attention patterns: a grid of small maps, one row per layer, one column per head; in a map, rows are queries and columns keys.
/// </summary>
/// <remarks>An attention pattern says where a head looked. It is not a share of the model's decision.</remarks>
public static class AttentionMap
{
    private const double Margin = 16, Gap = 14, Header = 64;

    /// <summary>The grid as a picture.</summary>
    /// <param name="patterns">One map per layer and head, <c>[layer][head][query, key]</c>, probabilities 0–1.</param>
    /// <param name="queries">The tokens that look.</param>
    /// <param name="keys">The tokens that are looked at.</param>
    /// <param name="title">The heading.</param>
    public static string Svg(IReadOnlyList<IReadOnlyList<float[,]>> patterns, IReadOnlyList<string> queries, IReadOnlyList<string> keys,
        string title)
    {
        int heads = patterns.Max(layer => layer.Count);
        double cell = Math.Clamp(160.0 / Math.Max(queries.Count, keys.Count), 0.5, 16);
        double mapWidth = cell * keys.Count, mapHeight = cell * queries.Count;
        double labels = cell >= 9 ? queries.Concat(keys).Max(t => SvgCanvas.TextLength(TextWidth.Cut(Markup.Visible(t), 14), 11)) + 6 : 0;
        double left = Margin + 28 + labels, top = Header + labels;
        var canvas = new SvgCanvas();
        canvas.Text(title, Margin, Margin + 14, kind: "title");
        canvas.Text("rows: query, columns: key, one map per head; the stronger the colour, the more it looks", Margin, Margin + 30,
            kind: "soft small");
        DrawLabels(canvas, queries, keys, left, top, cell, labels);
        for (int layer = 0; layer < patterns.Count; layer++)
        {
            double y = top + (layer * (mapHeight + Gap));
            canvas.Text(string.Create(CultureInfo.InvariantCulture, $"L{layer}"), Margin, y + 11, kind: "soft small");
            for (int head = 0; head < patterns[layer].Count; head++)
            {
                double x = left + (head * (mapWidth + Gap));
                DrawMap(canvas, patterns[layer][head], queries, keys, string.Create(CultureInfo.InvariantCulture, $"L{layer} H{head}"), x,
                    y, cell);
            }
        }
        double bottom = top + (patterns.Count * (mapHeight + Gap)) - Gap + 14;
        for (int head = 0; head < heads; head++)
        {
            canvas.Text(string.Create(CultureInfo.InvariantCulture, $"H{head}"), left + (head * (mapWidth + Gap)) + (mapWidth / 2), bottom,
                "middle", "soft small");
        }
        double width = Math.Max(left + (heads * (mapWidth + Gap)) - Gap,
            SvgCanvas.TextLength("rows: query, columns: key, one map per head; the stronger the colour, the more it looks", 11) + Margin);
        return canvas.Close(Math.Max(width, SvgCanvas.TextLength(title, 15) + Margin) + Margin, bottom + Margin, title);
    }

    private static void DrawMap(SvgCanvas canvas, float[,] map, IReadOnlyList<string> queries, IReadOnlyList<string> keys, string name,
        double x, double y, double cell)
    {
        canvas.Rect("card", x, y, cell * keys.Count, cell * queries.Count);
        for (int query = 0; query < queries.Count; query++)
        {
            for (int key = 0; key < keys.Count; key++)
            {
                float weight = map[query, key];
                if (weight >= 0.005f) // less cannot be seen, and would be most of the file
                {
                    canvas.Rect("for", x + (key * cell), y + (query * cell), cell, cell, Math.Min(1, weight),
                        $"{name}: {queries[query]} → {keys[key]} {Numbers.Percent(weight)}");
                }
            }
        }
    }

    // Tokens stand at the first map only: the others have the same.
    private static void DrawLabels(SvgCanvas canvas, IReadOnlyList<string> queries, IReadOnlyList<string> keys, double left, double top,
        double cell, double labels)
    {
        if (labels == 0)
        {
            return;
        }
        for (int i = 0; i < queries.Count; i++)
        {
            canvas.Text(TextWidth.Cut(Markup.Visible(queries[i]), 14), left - 5, top + (i * cell) + (cell / 2) + 4, "end", "small");
        }
        for (int i = 0; i < keys.Count; i++)
        {
            canvas.Text(TextWidth.Cut(Markup.Visible(keys[i]), 14), left + (i * cell) + (cell / 2) + 4, top - 5, kind: "small", turn: -90);
        }
    }
}
