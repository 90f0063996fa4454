using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// An explanation as one HTML file: the text on colours, a matrix for a text the model wrote, every number on hover and in a table.
/// </summary>
public static class TokenHeatmap
{
    /// <summary>The whole page.</summary>
    public static string Html(Figure explanation)
    {
        var page = new HtmlPage(explanation.Title);
        page.Raw("<header>").Element("h1", "dir=\"auto\"", explanation.Title);
        page.Notes("facts", explanation.Facts.Select(f => $"{f.Name} {Bidi.Isolate(f.Value)}")).Raw("</header>").Line();
        WritePredictions(page, explanation.Predictions);
        WriteGrids(page, Grids.Sensitive(explanation), Grids.Cues(explanation));
        foreach (AttributionResult result in explanation.Results)
        {
            Write(page, result, explanation.Marks);
        }
        if (Layout.IsComparison(explanation.Results))
        {
            HtmlNumbers.WriteComparison(page, explanation.Results);
        }
        WriteGrids(page, Grids.Ranking(explanation), Grids.Agreement(explanation));
        string versions = string.Join(" · ", explanation.Results.SelectMany(result => result.Versions).Distinct()
            .OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key} {v.Value}"));
        page.Element("footer", "", versions.Length > 0 ? versions : "vitrine").Line();
        return page.ToString();
    }

    private static void WriteGrids(HtmlPage page, params Grid?[] grids)
    {
        foreach (Grid grid in grids.OfType<Grid>())
        {
            page.Raw("<section>");
            grid.Write(page);
            page.Raw("</section>").Line();
        }
    }

    /// <summary>What one method found: a section per target, or one for all of a written text.</summary>
    internal static void Write(HtmlPage page, AttributionResult result, IReadOnlyList<TextMark> marks)
    {
        if (Layout.IsSequence(result))
        {
            WriteSequence(page, result);
            return;
        }
        for (int target = 0; target < result.Targets.Count; target++)
        {
            WriteStrip(page, result, target, marks);
        }
    }

    private static void WritePredictions(HtmlPage page, IReadOnlyList<Prediction> predictions)
    {
        if (predictions.Count == 0)
        {
            return;
        }
        page.Raw("<table class=\"choices\">").Line();
        foreach (Prediction prediction in predictions)
        {
            page.Raw(prediction.IsExplained ? "<tr class=\"chosen\">" : "<tr>").Raw("<th>").Element("bdi", "", prediction.Label)
                .Raw("</th>")
                .Element("td", "", prediction.Value is { } value ? Numbers.Exact(value) : Numbers.Percent(prediction.Probability))
                .Raw(prediction.Value is not null ? "<td></td></tr>"
                    : $"<td><i style=\"width:{Numbers.Length(Math.Clamp(prediction.Probability, 0, 1) * 100)}%\"></i></td></tr>").Line();
        }
        page.Raw("</table>").Line();
    }

    private static void WriteStrip(HtmlPage page, AttributionResult result, int target, IReadOnlyList<TextMark> marks)
    {
        ColorScale scale = Layout.ScaleOf(result, target);
        WriteHeading(page, result, result.Targets[target].Label);
        foreach (SideScores side in result.Sides)
        {
            HtmlText.WriteSideName(page, result, side);
            HtmlText.WriteText(page, TokenCell.Of(side, marks),
                (cell, p) => WriteToken(p, cell, side.Scores[target][cell.Position], scale));
        }
        WriteLegend(page, scale);
        WriteNotes(page, result, Layout.Notes(result, result.Targets[target]));
        HtmlNumbers.WriteTokens(page, result, target, scale);
        page.Raw("</section>").Line();
    }

    private static void WriteSequence(HtmlPage page, AttributionResult result)
    {
        WriteHeading(page, result, $"{Layout.Count(result)}");
        HtmlReading.Write(page, result);
        HtmlMatrix.Write(page, result);
        WriteLegend(page, Layout.ScaleOf(result), result.Targets.Count > 1
            ? "<button type=\"button\" class=\"every by-row\">each row by itself</button>" : "");
        HtmlNumbers.WriteStepScores(page, result);
        WriteNotes(page, result, Layout.Notes(result));
        page.Raw("</section>").Line();
    }

    private static void WriteHeading(HtmlPage page, AttributionResult result, string target) =>
        page.Raw("<section><h2>").Raw(Markup.Escape(result.Method)).Raw(" <small>→ <bdi>").Raw(Markup.Escape(target))
            .Raw($"</bdi> ({Markup.Escape(result.StepName)})</small></h2>").Line();

    private static void WriteNotes(HtmlPage page, AttributionResult result, IEnumerable<string> notes)
    {
        page.Notes("note", notes).Line();
        foreach (string warning in result.Warnings)
        {
            page.Element("p", "class=\"warning\"", warning).Line();
        }
    }

    private static void WriteToken(HtmlPage page, TokenCell cell, float score, ColorScale scale)
    {
        string kind = (score < 0 ? " against" : score > 0 ? " for" : "") + (cell.IsSpecial ? " special" : "") + (cell.IsMarked
            ? " mark" : "");
        string strength = score == 0 ? "" : $" style=\"--a:{Numbers.Length(scale.Strength(score) * 0.9)}\"";
        // A special token is isolated: its Latin letters must not decide the direction of an Arabic text.
        page.Element(cell.IsSpecial ? "bdi" : "span", $"class=\"token{kind}\"{strength} "
            + $"data-tip=\"{Markup.Escape(cell.Piece)}&#10;{Numbers.Exact(score)}\"", cell.Text);
    }

    private static void WriteLegend(HtmlPage page, ColorScale scale, string button = "") => page.Raw(scale.IsSigned
        ? $"<div class=\"legend\">against <span>{scale.Format(-scale.Limit)}</span> <i class=\"both\"></i> "
        + $"<span>{scale.Format(scale.Limit)}</span> for{button}</div>"
        : $"<div class=\"legend\">0 <i class=\"one\"></i> <span>{scale.Format(scale.Limit)}</span>{button}</div>").Line();
}
