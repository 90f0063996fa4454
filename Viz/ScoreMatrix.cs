using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>Targets × tokens as a picture: one row per token the model wrote, one column per token it read.</summary>
public static class ScoreMatrix
{
    private const double Cell = 20, Margin = 16;

    /// <summary>The picture. What a target could not see is left blank; a gap parts the given text from the written one.</summary>
    public static string Svg(AttributionResult result)
    {
        ColorScale scale = Layout.ScaleOf(result);
        string title = $"{result.Method} → {result.Targets.Count} tokens ({result.StepName})";
        (int Side, TokenCell Cell)[] columns = [.. result.Sides.SelectMany((side, s) => TokenCell.Of(side, []).Select(cell => (s, cell)))];
        string[] heads = [.. columns.Select(c => TextWidth.Cut(c.Cell.Listed, 16))];
        string[] names = [.. result.Targets.Select(t => TextWidth.Cut(TokenCell.Spell(t.Label), 20))];
        double left = Margin + names.Max(n => SvgCanvas.TextLength(n)) + 8;
        double top = Margin + 34 + heads.Max(h => SvgCanvas.TextLength(h));

        var canvas = new SvgCanvas();
        canvas.Text(title, Margin, Margin + 14, kind: "title");
        double x = left;
        for (int c = 0; c < columns.Length; c++, x += Cell)
        {
            (int side, TokenCell cell) = columns[c];
            bool isSplit = cell.Position == 0 ? side > 0 : cell.Position == result.Sides[side].GivenLength;
            x += isSplit ? Cell / 2 : 0;
            canvas.Text(heads[c], x + (Cell / 2) + 4, top - 6, kind: cell.IsSpecial ? "soft" : "", turn: -90);
            for (int target = 0; target < result.Targets.Count; target++)
            {
                DrawCell(canvas, result, target, side, cell, x, top + (target * Cell), scale);
            }
        }
        double y = top;
        foreach (string name in names)
        {
            canvas.Text(name, left - 8, y + 14, "end");
            y += Cell;
        }
        string note = Layout.Note(result);
        canvas.Legend(scale, Margin, y + 12);
        canvas.Text(note, Margin, y + 42, kind: "soft small");
        double width = Math.Max(x, Math.Max(320, SvgCanvas.TextLength(title, 15) + Margin));
        return canvas.Close(Math.Max(width, SvgCanvas.TextLength(note, 11) + Margin) + Margin, y + 42 + Margin, title);
    }

    private static void DrawCell(SvgCanvas canvas, AttributionResult result, int target, int side, TokenCell cell, double x, double y, ColorScale scale)
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
