using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>Compare: any look at a text, of two models or of two texts next to each other.</summary>
internal sealed class CompareView : View
{
    // Names of an address that are about the comparison and not about what is looked at.
    private static readonly string[] s_own = ["view", "model", "model2", "text", "text2"];

    private static readonly ExplainPage s_explain = new(canSwitch: false);

    private static readonly AttentionView s_attention = new();

    private static readonly InsidePage s_inside = new();

    private static readonly (string Name, string Title, InsideTool? Tool)[] s_looks =
        [("explain", "Explanation", null), ("attention", "Attention", null), .. InsideTools.All.Select(tool => (tool.Name == "attention"
            ? "heads" : tool.Name, tool.Title, (InsideTool?)tool))];

    public override string Name => "compare";

    public override string Title => "Compare";

    public override string Purpose => "Two models, or two texts, next to each other";

    public override bool IsAsked(Values values) => Look(values).Tool is { } tool ? s_inside.IsAsked(Side(values, second: false))
        && (tool.Fields.Any(InsidePage.IsText) || values["model2"] is not null) : values["text"] is not null;

    public override void Form(HtmlPage page, Values values, Desk desk)
    {
        (string name, string title, InsideTool? tool) = Look(values);
        Values kept = s_own.Append("context").Aggregate(new Values(), (all, own) => all.Set(own, values.All(own)));
        page.Raw("<nav class=\"tabs\" aria-label=\"Looks\">");
        foreach ((string one, string called, _) in s_looks)
        {
            page.Element("a", $"href=\"/compare?{Markup.Escape(kept.With("view", one).ToQuery())}\""
                + (one == name ? " aria-current=\"page\"" : ""), called);
        }
        page.Raw($"</nav><input type=\"hidden\" name=\"view\" value=\"{name}\"><div class=\"fields\">").Models(values, desk)
            .Line(values, "model2", "and the model", "the same; sentiment@int8 for rounded weights");
        if (tool is not null)
        {
            InsidePage.Fields(page, values, tool);
        }
        else if (name == "attention")
        {
            AttentionView.Fields(page, values);
        }
        else
        {
            page.Line(values, "context", "Context or second text").Line(values, "targets", "Target", title, " data-list")
                .Line(values, "methods", "Methods", "the one that is right for the task", " data-list");
        }
        page.Raw("</div><div class=\"fields\">");
        foreach (InsideField field in tool?.Fields.Where(field => InsidePage.IsText(field) && field.Name != "text") ?? [])
        {
            page.Area(values, field.Name, $"{char.ToUpperInvariant(field.Name[0])}{field.Name[1..]} text", 2,
                tool!.Example[field.Name]?.ToString() ?? field.Description);
        }
        if (tool is null || tool.Fields.Any(field => field.Name == "text"))
        {
            page.Area(values, "text", "Text", 2, "a gorgeous, witty, seductive movie").Area(values, "text2", "and the text", 2, "the same");
        }
        page.Raw("</div>");
    }

    public override async Task Show(
        HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        (string name, _, InsideTool? tool) = Look(values);
        Values[] sides = [Side(values, second: false), Side(values, second: true)];
        if (name == "explain")
        {
            await Difference(page, sides[0], sides[1], desk, cancellation).ConfigureAwait(false);
        }
        View view = tool is not null ? s_inside : name == "attention" ? s_attention : s_explain;
        page.Raw("<div class=\"two\">");
        foreach (Values side in sides)
        {
            page.Raw("<section class=\"side-by\">").Element("h2", "",
                $"{desk.Shelf.Find(side["model"])}{((side["text"] ?? side["clean"]) is { } text ? $": {text}" : "")}");
            await view.Show(page, side, desk, progress, cancellation).ConfigureAwait(false);
            page.Raw("</section>");
        }
        page.Raw("</div>").Line();
    }

    private static (string Name, string Title, InsideTool? Tool) Look(Values values) =>
        s_looks.FirstOrDefault(look => look.Name == values["view"]) is { Name: not null } found ? found : s_looks[0];

    // What one side is asked; a link in it changes both.
    private static Values Side(Values values, bool second)
    {
        InsideTool? tool = Look(values).Tool;
        var side = new Values
        {
            Lead = inner => inner.Names.Where(name => !s_own.Contains(name) && name != "tool").Aggregate(
                s_own.Aggregate(new Values(), (all, own) => all.Set(own, values.All(own))), (all, name) => all.Set(name, inner.All(name))),
        };
        foreach (string name in values.Names.Where(name => !s_own.Contains(name)
            && (tool is null || tool.Fields.Any(field => field.Name == name))))
        {
            side.Set(name, values.All(name));
        }
        IReadOnlyList<string> Of(string name) => second && values.All(name + "2") is { Count: > 0 } other ? other : values.All(name);
        side.Set("model", Of("model"));
        _ = tool is null || tool.Fields.Any(field => field.Name == "text") ? side.Set("text", Of("text")) : side;
        return tool is null ? side : side.Set("tool", tool.Name);
    }

    // What both say, choice by choice.
    private static async Task Difference(HtmlPage page, Values first, Values second, Desk desk, CancellationToken cancellation)
    {
        Explanation[] both = [await desk.Explain(ExplainPage.Request(first), null, cancellation).ConfigureAwait(false),
            await desk.Explain(ExplainPage.Request(second), null, cancellation).ConfigureAwait(false)];
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
