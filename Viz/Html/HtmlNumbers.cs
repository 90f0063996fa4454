using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>Scores as tables, for reading out, copying and comparing.</summary>
internal static class HtmlNumbers
{
    /// <summary>Every token of one target with its id and its score, folded away.</summary>
    public static void WriteTokens(HtmlPage page, AttributionResult result, int target, ColorScale scale)
    {
        page.Raw("<details><summary>All numbers</summary><table class=\"numbers\"><tr><th>#</th><th "
            + "class=\"name\">token</th><th>id</th><th>score</th></tr>").Line();
        foreach (SideScores side in result.Sides)
        {
            foreach (TokenCell cell in TokenCell.Of(side, []))
            {
                WriteRow(page, cell, side.Tokens[cell.Position].Id.ToString(CultureInfo.InvariantCulture),
                    [side.Scores[target][cell.Position]], [scale]);
            }
        }
        page.Raw("</table></details>").Line();
    }

    /// <summary>
    /// Numbers of the targets that were asked for in addition to the explanation: one line per target, one column per number.
    /// </summary>
    public static void WriteStepScores(HtmlPage page, AttributionResult result)
    {
        if (result.Targets[0].StepScores is not { Count: > 0 } first)
        {
            return;
        }
        page.Raw("<div class=\"wide\"><table class=\"numbers\"><tr><th class=\"name\">token</th>");
        foreach (string step in first.Keys)
        {
            page.Element("th", "", step);
        }
        page.Raw("</tr>").Line();
        foreach (ExplainedTarget target in result.Targets)
        {
            page.Raw("<tr>").Cell("td", "class=\"name\"", TokenCell.Spell(target.Label));
            foreach (double score in (target.StepScores ?? first).Values)
            {
                page.Element("td", "", Numbers.Exact(score));
            }
            page.Raw("</tr>").Line();
        }
        page.Raw("</table></div>").Line();
    }

    /// <summary>One line per token, one column per method and target, each on its own scale.</summary>
    public static void WriteComparison(HtmlPage page, IReadOnlyList<AttributionResult> results)
    {
        ScoreColumn[] columns = Layout.Columns(results);
        ColorScale[] scales = [.. columns.Select(c => c.Scale)];
        page.Raw("<section><h2>Side by side</h2><div class=\"wide\"><table class=\"numbers\"><tr><th>#</th><th class=\"name\">token</th>");
        foreach (ScoreColumn column in columns)
        {
            page.Cell("th", "", column.Head);
        }
        page.Raw("</tr>").Line();
        for (int s = 0; s < results[0].Sides.Count; s++)
        {
            foreach (TokenCell cell in TokenCell.Of(results[0].Sides[s], []))
            {
                WriteRow(page, cell, null, [.. columns.Select(c => c.Of(s, cell.Position))], scales);
            }
        }
        page.Raw("</table></div></section>").Line();
    }

    private static void WriteRow(HtmlPage page, TokenCell cell, string? id, float[] scores, ColorScale[] scales)
    {
        page.Raw("<tr>").Element("td", "", cell.Position.ToString(CultureInfo.InvariantCulture))
            .Cell("td", cell.IsSpecial ? "class=\"name special\"" : "class=\"name\"", cell.Listed);
        if (id is not null)
        {
            page.Element("td", "", id);
        }
        for (int c = 0; c < scores.Length; c++)
        {
            string color = scores[c] == 0 ? "" : $"class=\"{(scores[c] < 0 ? "against" : "for")}\" "
                + $"style=\"--a:{Numbers.Length(scales[c].Strength(scores[c]) * 0.9)}\"";
            page.Element("td", color, scales[c].Format(scores[c]));
        }
        page.Raw("</tr>").Line();
    }
}
