using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>One target's scores as horizontal bars, one per token: to the right for the target, to the left against it.</summary>
public static class TokenBars
{
    private const double RowHeight = 20, Margin = 16, BarLength = 220;

    /// <summary>The picture.</summary>
    /// <param name="result">What a method found.</param>
    /// <param name="target">Index of the target.</param>
    /// <param name="top">How many tokens at most, the strongest; null: all of a short text, 20 of a long one.</param>
    public static string Svg(AttributionResult result, int target = 0, int? top = null)
    {
        ColorScale scale = Layout.ScaleOf(result, target);
        (TokenCell Cell, float Score)[] all =
            [.. result.Sides.SelectMany(side => TokenCell.Of(side, []).Select(cell => (cell, side.Scores[target][cell.Position])))];
        int[] shown = Layout.Strongest([.. all.Select(t => scale.Strength(t.Score))], top);
        string title = $"{result.Method} → {Layout.Heading(result.Targets[target])} ({result.StepName})";
        string[] names = [.. shown.Select(i => Layout.Name(all[i].Cell, shown.Length < all.Length, 28))];
        double name = Math.Max(40, names.Select(n => SvgCanvas.TextLength(n)).DefaultIfEmpty(0).Max());
        double axis = Margin + name + 10 + (scale.IsSigned ? BarLength : 0);
        double number = axis + BarLength + 10;
        double width = Math.Max(Math.Max(number + 64 + Margin, 440), (Margin * 2) + SvgCanvas.TextLength(title, 15));

        var canvas = new SvgCanvas();
        canvas.Text(title, Margin, Margin + 14, kind: "title");
        double y = Margin + 34;
        for (int row = 0; row < shown.Length; row++, y += RowHeight)
        {
            (TokenCell cell, float score) = all[shown[row]];
            double length = scale.Strength(score) * BarLength;
            canvas.Text(names[row], Margin + name, y + 14, "end", cell.IsSpecial ? "soft" : "");
            canvas.Rect("card", scale.IsSigned ? axis - BarLength : axis, y + 2, scale.IsSigned ? 2 * BarLength : BarLength, RowHeight - 4);
            canvas.Rect(score < 0 ? "against" : "for", score < 0 ? axis - length : axis, y + 2, length, RowHeight - 4,
                tip: $"{cell.Piece} {Numbers.Exact(score)}");
            canvas.Text(scale.Format(score), number + 54, y + 14, "end");
        }
        canvas.Line(axis, Margin + 34, axis, y);
        if (shown.Length < all.Length)
        {
            canvas.Text(string.Create(CultureInfo.InvariantCulture, $"the {shown.Length} strongest of {all.Length} tokens"), Margin, y + 16,
                kind: "soft small");
            y += 20;
        }
        if (scale.IsSigned)
        {
            canvas.Key(axis, y + 8);
            y += 20;
        }
        y = canvas.Paragraph(Layout.Note(result, result.Targets[target]), Margin, y + 18, width - (2 * Margin));
        return canvas.Close(width, y + Margin, title);
    }
}
