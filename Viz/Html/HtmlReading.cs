using System.Globalization;
using System.Text;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// The written text next to the read one: choosing a written token colours what it rests on, “all” the sum over all of them.
/// </summary>
internal static class HtmlReading
{
    public static void Write(HtmlPage page, AttributionResult result)
    {
        page.Raw("<div class=\"reading\"><p class=\"note\">Choose a written token: <button type=\"button\" class=\"every\" "
            + "data-row=\"0\">all</button></p>").Line();
        page.Raw("<div class=\"text\" dir=\"auto\">");
        for (int target = 0; target < result.Targets.Count; target++)
        {
            string label = result.Targets[target].Label;
            // Latin letters that must not be ordered among Arabic ones
            bool isFormat = result.Targets[target].SequenceLength is not null || label is ['<', _, .., '>'] or ['[', _, .., ']'];
            page.Raw(target > 0 && (isFormat || label is ['Ġ' or '▁', ..]) ? " " : "").Element(
                isFormat ? "bdi" : "span", string.Create(CultureInfo.InvariantCulture,
                    $"class=\"pick{(isFormat ? " special" : "")}\" data-row=\"{target + 1}\" role=\"button\" tabindex=\"0\""),
                        TokenCell.Spell(label));
        }
        page.Raw("</div>").Line();
        int at = 0;
        foreach (SideScores side in result.Sides)
        {
            int first = at;
            HtmlText.WriteSideName(page, result, side);
            HtmlText.WriteText(page, TokenCell.Of(side, []), (cell, p) => p.Element(
                cell.IsSpecial ? "bdi" : "span",
                string.Create(CultureInfo.InvariantCulture, $"class=\"token{(cell.IsSpecial ? " special" : "")}\" "
                    + $"data-at=\"{first + cell.Position}\" data-name=\"{Markup.Escape(cell.Piece)}\""),
                cell.Text));
            at += side.Tokens.Count;
        }
        page.Raw("<script type=\"application/json\">").Raw(Rows(result)).Raw("</script></div>").Line();
    }

    // First the sum over all targets, then one row per target; each over the tokens of all sides.
    private static string Rows(AttributionResult result)
    {
        float[][] rows = [.. Enumerable.Range(0, result.Targets.Count)
            .Select(t => result.Sides.SelectMany(side => side.Scores[t]).ToArray())];
        float[] sum = [.. Enumerable.Range(0, rows[0].Length)
            .Select(i => rows.Where((_, t) => result.Targets[t].SequenceLength is null).Sum(row => Finite(row[i])))];
        var json = new StringBuilder("[");
        foreach (float[] row in (float[][])[sum, .. rows])
        {
            json.Append(json.Length > 1 ? ",\n[" : "[").AppendJoin(',',
                row.Select(score => Finite(score).ToString("G6", CultureInfo.InvariantCulture))).Append(']');
        }
        return json.Append(']').ToString();
    }

    private static float Finite(float score) => float.IsFinite(score) ? score : 0;
}
