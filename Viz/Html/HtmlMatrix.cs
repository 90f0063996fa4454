using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>Targets × tokens as a table of colours: one row per token the model wrote, one column per token it read.</summary>
internal static class HtmlMatrix
{
    public static void Write(HtmlPage page, AttributionResult result)
    {
        ColorScale scale = Layout.ScaleOf(result);
        TokenCell[][] cells = [.. result.Sides.Select(side => TokenCell.Of(side, []))];
        page.Raw("<div class=\"wide\"><table class=\"matrix\"><thead><tr><th></th>");
        for (int s = 0; s < cells.Length; s++)
        {
            foreach (TokenCell cell in cells[s])
            {
                page.Raw($"<th{Split(result.Sides, s, cell.Position)}>")
                    .Element("span", cell.IsSpecial ? "class=\"special\"" : "", cell.Listed).Raw("</th>");
            }
        }
        page.Raw("</tr></thead><tbody>").Line();
        for (int target = 0; target < result.Targets.Count; target++)
        {
            string label = TokenCell.Spell(result.Targets[target].Label);
            page.Raw("<tr>").Cell("th", $"data-tip=\"{Tip(result.Targets[target])}\"", label);
            for (int s = 0; s < cells.Length; s++)
            {
                foreach (TokenCell cell in cells[s])
                {
                    WriteCell(page, result, target, s, cell, label, scale);
                }
            }
            page.Raw("</tr>").Line();
        }
        page.Raw("</tbody></table></div>").Line();
    }

    private static void WriteCell(HtmlPage page, AttributionResult result, int target, int side, TokenCell cell, string label,
        ColorScale scale)
    {
        if (cell.Position >= result.Targets[target].Reach[side])
        {
            page.Raw("<td class=\"none\"></td>"); // not written yet when this target was
            return;
        }
        float score = result.Sides[side].Scores[target][cell.Position];
        string color = score == 0 ? "" : $" class=\"{(score < 0 ? "against" : "for")}\" "
            + $"style=\"--a:{Numbers.Length(scale.Strength(score))}\"";
        page.Raw($"<td{color} data-tip=\"{Markup.Escape(cell.Listed)} → {Markup.Escape(label)}&#10;{Numbers.Exact(score)}\"></td>");
    }

    private static string Tip(ExplainedTarget target) => target.Probability is { } p and not double.NaN
        ? $"{Markup.Escape(target.Label)}&#10;probability {Numbers.Percent(p)}&#10;f(x) {Numbers.Exact(target.Score)}"
        : $"{Markup.Escape(target.Label)}&#10;f(x) {Numbers.Exact(target.Score)}";

    // A line where the given text ends and the written one begins.
    private static string Split(IReadOnlyList<SideScores> sides, int side, int position) =>
        (side > 0 && position == 0) || (sides.Count == 1 && position > 0 && position == sides[side].GivenLength) ? " class=\"split\"" : "";
}
