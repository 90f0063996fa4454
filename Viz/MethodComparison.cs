using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>Several methods or targets over the same tokens: one column of bars for each, on its own scale.</summary>
public static class MethodComparison
{
    private const double RowHeight = 18, Margin = 16, Column = 150, Gap = 24;

    /// <summary>The picture.</summary>
    /// <param name="results">One per method, over the same tokens.</param>
    /// <param name="top">How many tokens at most, the strongest of any column; null: all of a short text, 20 of a long one.</param>
    public static string Svg(IReadOnlyList<AttributionResult> results, int? top = null)
    {
        ScoreColumn[] columns = Layout.Columns(results);
        ColorScale[] scales = [.. columns.Select(c => c.Scale)];
        (TokenCell Cell, float[] Scores)[] rows = [.. results[0].Sides.SelectMany((side, s) =>
            TokenCell.Of(side, []).Select(cell => (cell, columns.Select(c => c.Of(s, cell.Position)).ToArray())))];
        int[] shown = Layout.Strongest([.. rows.Select(r => r.Scores.Select((score, m) => scales[m].Strength(score)).Max())], top);
        string[] names = [.. shown.Select(i => Layout.Name(rows[i].Cell, shown.Length < rows.Length, 28))];
        double left = Margin + Math.Max(40, names.Select(n => SvgCanvas.TextLength(n)).DefaultIfEmpty(0).Max()) + 12;
        string what = results.All(r => r.Targets.Count == 1)
            ? Layout.Heading(results[0].Targets[0]) : string.Create(CultureInfo.InvariantCulture, $"{results[0].Targets.Count} targets");
        string title = results.Count == 1 ? $"{results[0].Method} "
            + $"→ {what} ({results[0].StepName})"
            : string.Create(CultureInfo.InvariantCulture, $"{results.Count} methods "
                + $"→ {what}{(results.All(r => r.StepName == results[0].StepName) ? $" ({results[0].StepName})" : "")}");

        var canvas = new SvgCanvas();
        canvas.Text(title, Margin, Margin + 14, kind: "title");
        double first = Margin + 62, bottom = first + (shown.Length * RowHeight);
        for (int row = 0; row < shown.Length; row++)
        {
            canvas.Text(names[row], left - 12, first + (row * RowHeight) + 13, "end", rows[shown[row]].Cell.IsSpecial ? "soft" : "");
        }
        for (int m = 0; m < columns.Length; m++)
        {
            double x = left + (m * (Column + Gap)), axis = scales[m].IsSigned ? x + (Column / 2) : x;
            double full = scales[m].IsSigned ? Column / 2 : Column;
            canvas.Text(Bidi.Isolate(TextWidth.Cut(columns[m].Head, 22)), x, first - 24);
            canvas.Text($"{(scales[m].IsSigned ? "±" : "0 … ")}{Numbers.Scores(scales[m].Limit, false)(scales[m].Limit)}", x, first - 8,
                kind: "soft small");
            for (int row = 0; row < shown.Length; row++)
            {
                float score = rows[shown[row]].Scores[m];
                double length = scales[m].Strength(score) * full, y = first + (row * RowHeight) + 2;
                canvas.Rect("card", x, y, Column, RowHeight - 4);
                canvas.Rect(score < 0 ? "against" : "for", score < 0
                    ? axis - length : axis, y, length, RowHeight - 4, tip: $"{names[row]} {Numbers.Exact(score)}");
            }
            canvas.Line(axis, first, axis, bottom);
        }
        if (shown.Length < rows.Length)
        {
            canvas.Text(string.Create(CultureInfo.InvariantCulture, $"the {shown.Length} strongest of {rows.Length} tokens"), Margin,
                bottom + 16, kind: "soft small");
            bottom += 20;
        }
        if (scales.Any(scale => scale.IsSigned))
        {
            canvas.Key(left + (Column / 2), bottom + 10);
            bottom += 20;
        }
        double width = Math.Max(left + (columns.Length * (Column + Gap)) - Gap, SvgCanvas.TextLength(title, 15)) + Margin;
        return canvas.Close(width, bottom + Margin, title);
    }
}
