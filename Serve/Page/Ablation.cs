using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>Words switched off: what the model says now, next to what each method claimed they were worth.</summary>
internal static class Ablation
{
    /// <summary>Writes it; without words switched off, how to do that.</summary>
    public static async Task Write(HtmlPage page, Values values, Explanation why, Desk desk, CancellationToken cancellation)
    {
        page.Raw("<section id=\"without\"><h3>Without these words</h3>");
        int[] off = [.. new FieldValue(ExplainPage.Off, values.All(ExplainPage.Off)).Wholes.Distinct().Order()];
        if (off.Length == 0)
        {
            page.Element("p", "class=\"note\"", "Click words of the text to switch them off, and see what the model says then.")
                .Raw("</section>").Line();
            return;
        }
        var request = RequestReader.Request<ExplainRequest>(ExplainPage.Request(values), Asks.Explain, desk.Limits, "model");
        bool isWritten = why.Figure.Written.Count > 0;
        if (isWritten && !why.IsForced && request.Contrast is null) // what the model wrote is kept
        {
            request = request with { ForcedIds = [.. why.Figure.Written.Select(token => token.Id)] };
        }
        WithoutResult result = await desk.Do(desk.Shelf.Find(values["model"]),
            (explainer, stop) => explainer.Without(request, off, stop), cancellation).ConfigureAwait(false);
        page.Raw("<p class=\"note\">Off: ").Raw(string.Join(", ", off.Select(at =>
            $"<bdi>{Markup.Escape(Named(why.Results[0], at))}</bdi>")))
            .Raw(", replaced by ").Raw(Markup.Escape(result.Baseline)).Raw(". ")
            .Go(values.Without(ExplainPage.Off), "All on again").Raw("</p>").Line();
        if (result.Said.Count > 0)
        {
            string where = isWritten ? $", in place of {TokenCell.Spell(result.Targets[0]).Trim()}" : "";
            Predictions.Write(page, $"Before{where}", result.Said.Select(Predictions.Of), null);
            Predictions.Write(page, $"Now{where}", result.SaysNow.Select(Predictions.Of), null);
        }
        int shown = Math.Min(result.Targets.Count, 12);
        for (int t = 0; t < shown; t++)
        {
            Claims(result, why, off, t).Write(page);
        }
        page.Raw("</section>").Line();
    }

    private static Grid Claims(WithoutResult result, Explanation why, int[] off, int target) => new()
    {
        Title = $"{TokenCell.Spell(result.Targets[target]).Trim()} ({why.Results[0].StepName})",
        Head = ["", ">f(x)"],
        Rows =
        [
            ["with all words", Numbers.Exact(result.Before[target])], ["without these", Numbers.Exact(result.After[target])],
            ["so they are worth", Numbers.Exact(result.Before[target] - result.After[target])],
            .. why.Results.Where(found => target < found.Targets.Count).Select(found => (string[])
                [$"{found.Method} said", Numbers.Exact(off.Sum(at => (double)ScoreOf(found, target, at)))]),
        ],
        Note = target == 0 ? "Only methods whose scores sum to f(x) − f(baseline) are in this unit." : "",
    };

    private static float ScoreOf(AttributionResult result, int target, int at)
    {
        foreach (SideScores side in result.Sides)
        {
            if (at < side.Tokens.Count)
            {
                return side.Scores[target][at];
            }
            at -= side.Tokens.Count;
        }
        return 0;
    }

    private static string Named(AttributionResult result, int at)
    {
        foreach (SideScores side in result.Sides)
        {
            if (at < side.Tokens.Count)
            {
                return TokenCell.Of(side, [])[at].Listed;
            }
            at -= side.Tokens.Count;
        }
        return at.ToString(CultureInfo.InvariantCulture);
    }
}
