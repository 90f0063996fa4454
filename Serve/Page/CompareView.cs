using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>Compare: one view of two models, or of two texts, next to each other.</summary>
internal sealed class CompareView : View
{
    private static readonly View[] s_sides = [new ExplainPage(), new InsidePage()];

    public override string Name => "compare";

    public override string Title => "Compare";

    public override string Purpose => "Two models, or two texts, next to each other";

    public override bool IsAsked(Values values) => values["text"] is not null;

    public override void Form(HtmlPage page, Values values, Desk desk) => page.Raw("<div class=\"fields\">").Models(values, desk)
        .Line(values, "model2", "and the model", "the same; sentiment@int8 for rounded weights")
        .Choice(values, "view", "Look", [("", "explanation"),
            .. InsideTools.All.Where(tool => tool.Fields.Any(field => field.Name == "text") && tool.Name is not ("read" or "intervene"))
                .Select(tool => (tool.Name, tool.Title))])
        .Line(values, "context", "Context or second text").Line(values, "targets", "Target").Line(values, "methods", "Method")
        .Raw("</div><div class=\"fields\">").Area(values, "text", "Text", 2, "a gorgeous, witty, seductive movie")
        .Area(values, "text2", "and the text", 2, "the same").Raw("</div>");

    public override async Task Show(
        HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        Values first = Side(values, values["model"], values["text"]);
        Values second = Side(values, values["model2"] ?? values["model"], values["text2"] ?? values["text"]);
        View view = s_sides[values["view"] is null ? 0 : 1];
        if (values["view"] is null)
        {
            await Difference(page, first, second, desk, cancellation).ConfigureAwait(false);
        }
        page.Raw("<div class=\"two\">");
        foreach (Values side in (Values[])[first, second])
        {
            page.Raw("<section class=\"side-by\">").Element("h2", "", $"{desk.Shelf.Find(side["model"])}: {side["text"]}");
            await view.Show(page, side, desk, progress, cancellation).ConfigureAwait(false);
            page.Raw("</section>");
        }
        page.Raw("</div>").Line();
    }

    private static Values Side(Values values, string? model, string? text)
    {
        Values side = new Values().Set("text", text is null ? [] : [text]).Set("model", model is null ? [] : [model])
            .Set("context", values.All("context"));
        return values["view"] is { } tool ? side.Set("tool", tool).Without(
                [.. side.Names.Where(name => name == "context" && InsideTools.Get(tool).Fields.All(field => field.Name != name))])
            : side.Set("targets", values.All("targets")).Set("methods", values.All("methods"));
    }

    // What both say, choice by choice.
    private static async Task Difference(HtmlPage page, Values first, Values second, Desk desk, CancellationToken cancellation)
    {
        Explanation[] both = [await desk.Explain(first, null, cancellation).ConfigureAwait(false),
            await desk.Explain(second, null, cancellation).ConfigureAwait(false)];
        Prediction[] right = [.. both[1].Predictions];
        string[][] rows = [.. both[0].Predictions.Where(left => right.Any(other => other.Label == left.Label)).Select(left =>
        {
            Prediction other = right.First(p => p.Label == left.Label);
            return (string[])[left.Label, Numbers.Percent(left.Probability), Numbers.Percent(other.Probability),
                FormattableString.Invariant($"{(other.Probability - left.Probability) * 100:+0.0;-0.0;0.0}")];
        })];
        if (rows.Length > 0)
        {
            new Grid { Title = "What both say", Head = ["choice", ">first", ">second", ">points"], Rows = rows }.Write(page);
        }
    }
}
