using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>Explain: which words made the model say that; methods side by side, another target, a contrast, words switched off.</summary>
/// <param name="canSwitch">Whether words are switches.</param>
internal sealed class ExplainPage(bool canSwitch = true) : View
{
    /// <summary>The tokens that are switched off, by number.</summary>
    public const string Off = "off";

    private static readonly string[] s_own = ["model", Off, "pick", "faithfulness"];

    private static readonly string[] s_shown = ["text", "context", "targets", "contrast", "forced", "max_new_tokens", "methods", "steps",
        "words"];

    private static readonly string[] s_changesTokens = ["spans", "only", "summary", "combine", "context_template"];

    public override string Name => "explain";

    public override string Title => "Explain";

    public override string Purpose => "Which words made the model say that?";

    public override bool IsAsked(Values values) => values["text"] is not null || values["ids"] is not null;

    /// <summary>What of an address is asked of the library.</summary>
    public static Values Request(Values values) => values.Without([.. s_own.Skip(1)]);

    public override void Form(HtmlPage page, Values values, Desk desk)
    {
        page.Raw("<div class=\"fields\">").Models(values, desk).Raw("</div>")
            .Area(values, "text", "Text", 3, "a gorgeous, witty, seductive movie")
            .Raw("<div class=\"fields\">")
            .Line(values, "context", "Context or second text", "of a question, or of a pair")
            .Line(values, "targets", "Target", "what the model says", " data-list")
            .Line(values, "contrast", "and not", "another label, word or text")
            .Raw("</div><details class=\"more\"><summary>Methods</summary><fieldset class=\"checks\"><legend>Methods, side by "
                + "side</legend>");
        IReadOnlyList<string> chosen = values.All("methods");
        foreach (string method in Methods.All)
        {
            page.Raw($"<label><input type=\"checkbox\" name=\"methods\" "
                + $"value=\"{method}\"{(chosen.Contains(method) ? " checked" : "")}> {method}</label> ");
        }
        page.Raw("</fieldset></details><details class=\"more\"><summary>More settings</summary><div class=\"fields\">")
            .Line(values, "steps", "Steps", "50").Line(values, "max_new_tokens", "New tokens", "as the checkpoint says")
            .Line(values, "forced", "Text it is made to write", "its own")
            .Choice(values, "words", "Pieces to words", ((string[])["", "sum", "absmax", "mean"]).Select(w => (w, w == "" ? "pieces" : w)));
        foreach (Field field in Fields.Of(Asks.Explain).Where(field => !s_shown.Contains(field.Name) && field.Kind != FieldKind.Pairs))
        {
            page.Line(values, field.Name, field.Name.Replace('_', ' '), field.Description);
        }
        page.Raw("</div></details>").Line();
    }

    public override async Task Show(
        HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        Explanation why = await desk.Explain(Request(values), progress, cancellation).ConfigureAwait(false);
        page.Raw("<div class=\"columns\"><div>");
        await SaidView.Write(page, values, why, desk, cancellation).ConfigureAwait(false);
        page.Notes("facts", why.Figure.Facts.Select(fact => $"{fact.Name} {Bidi.Isolate(fact.Value)}")).Line();
        bool isWhole = canSwitch && why.Results.Count > 0 && s_changesTokens.All(name => values.All(name).Count == 0)
            && (values["words"] is null || why.Figure.Written.Count == 0);
        page.Raw($"<div class=\"words\"{(isWhole ? " data-off" : "")}"
            + $"{(SaidView.Numbers(values, why) is { } numbers ? $" data-numbers=\"{numbers}\"" : "")}>");
        foreach (AttributionResult result in why.Results)
        {
            TokenHeatmap.Write(page, result, why.Figure.Marks);
        }
        page.Raw("</div>");
        if (Layout.IsComparison(why.Results))
        {
            HtmlNumbers.WriteComparison(page, why.Results);
        }
        foreach (Grid grid in new[] { Grids.Sensitive(why.Figure), Grids.Cues(why.Figure), Grids.Ranking(why.Figure) }.OfType<Grid>())
        {
            grid.Write(page);
        }
        page.Raw("</div><aside aria-label=\"How far to trust it\">");
        if (isWhole)
        {
            await Ablation.Write(page, values, why, desk, cancellation).ConfigureAwait(false);
        }
        Grids.Agreement(why.Figure)?.Write(page);
        foreach (string warning in why.Notices.Concat(why.Results.SelectMany(result => result.Warnings)).Distinct())
        {
            page.Element("p", "class=\"warning\"", warning);
        }
        page.Raw("<section><h3>How faithful?</h3>");
        if (values["faithfulness"] is null)
        {
            page.Go(values.With("faithfulness", "true"), "Measure it", "comprehensiveness, sufficiency and other metrics on this text");
        }
        else
        {
            await Faithfulness(page, values, desk, progress, cancellation).ConfigureAwait(false);
        }
        page.Raw("</section>");
        WriteExports(page, values, desk);
        page.Raw("</aside></div>").Line();
    }

    private static async Task Faithfulness(
        HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        var asked = RequestReader.Request<EvaluateRequest>(Request(values), Asks.Explain, desk.Limits, "model");
        EvaluateResult measured = await desk.Do(desk.Shelf.Find(values["model"]),
            (explainer, stop) => explainer.Evaluate(asked, progress, stop), cancellation).ConfigureAwait(false);
        (ScoreboardView.Table(measured.Board) with { Title = "" }).Write(page);
    }

    private static void WriteExports(HtmlPage page, Values values, Desk desk)
    {
        Values asked = Request(values);
        string query = Markup.Escape(asked.ToQuery()), model = desk.Shelf.Find(values["model"]);
        page.Raw("<section><h3>Save</h3><p class=\"save\">");
        foreach (string format in SaveEndpoints.Formats)
        {
            page.Raw($"<a href=\"/save/explain.{format}?{query}\" download=\"explanation.{format}\">{format.ToUpperInvariant()}</a> ");
        }
        page.Raw("</p><details><summary>The same without this page</summary>")
            .Code("Command line", Reproduction.Command("explain", model, asked, Asks.Explain))
            .Code("C#", Reproduction.CSharp(model, asked))
            .Raw("</details></section>").Line();
    }
}
