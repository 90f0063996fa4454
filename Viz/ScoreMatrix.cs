using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>Targets × tokens as a picture: one row per token the model wrote, one column per token it read.</summary>
public static class ScoreMatrix
{
    private const double Cell = 20, Margin = 16;

    /// <summary>The picture. What a target could not see is left blank; a gap parts the given text from the written one.</summary>
    /// <param name="result">What a method found.</param>
    /// <param name="top">How many columns at most, the strongest; null: all of up to 80 tokens, else the 60 strongest.</param>
    public static string Svg(AttributionResult result, int? top = null)
    {
        ColorScale scale = Layout.ScaleOf(result);
        string title = $"{result.Method} → {Layout.Count(result)} ({result.StepName})";
        (int Side, TokenCell Cell)[] all = [.. result.Sides.SelectMany((side, s) => TokenCell.Of(side, []).Select(cell => (s, cell)))];
        double[] strength =
            [.. all.Select(c => result.Targets.Select((_, t) => scale.Strength(result.Sides[c.Side].Scores[t][c.Cell.Position])).Max())];
        (int Side, TokenCell Cell)[] columns = [.. Layout.Strongest(strength, top ?? (all.Length <= 80 ? all.Length : 60))
            .Select(i => all[i])];
        string[] heads = [.. columns.Select(c => Layout.Name(c.Cell, columns.Length < all.Length, 16))];
        string[] names = [.. result.Targets.Select(t => Bidi.Isolate(TextWidth.Cut(TokenCell.Spell(t.Label), 20)))];
        double left = Margin + names.Max(n => SvgCanvas.TextLength(n)) + 8;
        double above = Margin + 34 + heads.Max(h => SvgCanvas.TextLength(h));

        var canvas = new SvgCanvas();
        canvas.Text(title, Margin, Margin + 14, kind: "title");
        double x = left;
        for (int c = 0; c < columns.Length; c++, x += Cell)
        {
            (int side, TokenCell cell) = columns[c];
            x += c > 0 && IsWritten(result, columns[c]) && !IsWritten(result, columns[c - 1]) ? Cell / 2 : 0;
            canvas.Text(heads[c], x + (Cell / 2) + 4, above - 6, kind: cell.IsSpecial ? "soft" : "", turn: -90);
            for (int target = 0; target < result.Targets.Count; target++)
            {
                DrawCell(canvas, result, target, side, cell, x, above + (target * Cell), scale);
            }
        }
        double y = above;
        foreach (string name in names)
        {
            canvas.Text(name, left - 8, y + 14, "end");
            y += Cell;
        }
        string note = (columns.Length < all.Length ? string.Create(CultureInfo.InvariantCulture,
            $"the {columns.Length} strongest of {all.Length} tokens · ") : "") + Layout.Note(result);
        canvas.Legend(scale, Margin, y + 12);
        double width = Math.Max(x, Math.Max(440, SvgCanvas.TextLength(title, 15) + Margin));
        y = canvas.Paragraph(note, Margin, y + 42, width - Margin);
        return canvas.Close(width + Margin, y + Margin, title);
    }

    // The target side of a translation, and what follows a prompt.
    private static bool IsWritten(AttributionResult result, (int Side, TokenCell Cell) column) =>
        column.Side > 0 || (result.Sides.Count == 1 && column.Cell.Position >= result.Sides[0].GivenLength);

    private static void DrawCell(SvgCanvas canvas, AttributionResult result, int target, int side, TokenCell cell, double x, double y,
        ColorScale scale)
    {
        if (cell.Position >= result.Targets[target].Reach[side])
        {
            return;
        }
        float score = result.Sides[side].Scores[target][cell.Position];
        canvas.Rect("card", x + 0.5, y + 0.5, Cell - 1, Cell - 1);
        canvas.Rect(score < 0 ? "against" : "for", x + 0.5, y + 0.5, Cell - 1, Cell - 1, scale.Strength(score),
            $"{cell.Listed} → {TokenCell.Spell(result.Targets[target].Label)}: {Numbers.Exact(score)}");
    }
}
