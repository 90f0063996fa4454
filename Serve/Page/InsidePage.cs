using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>Inside: the looks of <see cref="InsideTools"/>; a place of a map leads to what can be done with it.</summary>
internal sealed class InsidePage : View
{
    public override string Name => "inside";

    public override string Title => "Inside";

    public override string Purpose => "What happens between the first layer and the answer?";

    public override bool IsAsked(Values values) => Tool(values) is var tool && tool.Fields.All(field =>
        field.Default is not null || field.IsOptional || values.All(field.Name).Count > 0)
        && (tool.Fields.Count == 0 || values.Names.Any(name => name is not ("model" or "tool")));

    public override void Form(HtmlPage page, Values values, Desk desk)
    {
        InsideTool tool = Tool(values);
        Values texts = new Values().Set("model", values["model"] ?? desk.Shelf.Default);
        foreach (string name in (string[])["text", "clean", "corrupted", "correct", "wrong", "context"])
        {
            texts.Set(name, values.All(name));
        }
        page.Raw("<nav class=\"tabs\" aria-label=\"Looks\">");
        foreach (InsideTool one in InsideTools.All)
        {
            Values kept = new Values().Set("tool", one.Name);
            foreach (string name in texts.Names.Where(name => name == "model" || one.Fields.Any(field => field.Name == name)))
            {
                kept.Set(name, texts.All(name));
            }
            page.Element("a", $"href=\"/inside?{Markup.Escape(kept.ToQuery())}\" title=\"{Markup.Escape(one.Description)}\""
                + (one == tool ? " aria-current=\"page\"" : ""), one.Title);
        }
        page.Raw($"</nav><input type=\"hidden\" name=\"tool\" value=\"{tool.Name}\">").Element("p", "class=\"note\"", tool.Description)
            .Raw("<div class=\"fields\">").Models(values, desk);
        Fields(page, values, tool);
        page.Raw("</div>");
        foreach (InsideField field in tool.Fields.Where(IsText))
        {
            page.Area(values, field.Name, field.Name == "text" ? "Text" : $"{char.ToUpperInvariant(field.Name[0])}{field.Name[1..]} text",
                2, tool.Example[field.Name]?.ToString() ?? field.Description);
        }
        page.Raw($"<p class=\"note\"><a class=\"go\" href=\"/inside?{Markup.Escape(Example(tool).Set("tool", tool.Name).ToQuery())}\">")
            .Raw("An example</a></p>").Line();
    }

    /// <summary>The fields next to model and texts.</summary>
    public static void Fields(HtmlPage page, Values values, InsideTool tool)
    {
        foreach (InsideField field in tool.Fields.Where(field => !IsText(field)))
        {
            _ = field.Choices.Count > 0
                ? page.Choice(values.With(field.Name, values[field.Name] ?? field.Default!), field.Name, field.Name,
                    field.Choices.Select(c => (c, c)))
                : field.Kind == FieldKind.Flag ? page.Choice(values, field.Name, field.Name, [("", "no"), ("true", "yes")])
                : page.Line(values.With(field.Name, string.Join("; ", values.All(field.Name)) is { Length: > 0 } said
                    ? [said] : []), field.Name,
                    field.Name, field.Default ?? field.Description, field.Kind == FieldKind.Texts ? " data-list" : "");
        }
    }

    /// <summary>Whether a field holds a text that is read, which has a place of several lines.</summary>
    public static bool IsText(InsideField field) => field.Name is "text" or "clean" or "corrupted";

    /// <summary>A look's example as an address says it.</summary>
    public static Values Example(InsideTool tool)
    {
        var example = new Values();
        foreach ((string name, JsonNode? value) in tool.Example)
        {
            example.Set(name, value is JsonArray many ? [.. many.Select(one => one!.ToString())] : [value!.ToString()]);
        }
        return example;
    }

    public override async Task Show(
        HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        InsideTool tool = Tool(values);
        InsideResult view = await InsideEndpoints.Look(desk, tool, values, progress, cancellation, "tool").ConfigureAwait(false);
        page.Raw("<section>").Element("h2", "", InsideFigure.Title(view, null));
        InsideView.Write(page, view, Places.Of(view));
        page.Raw("</section>");
        Doors(page, values);
        page.Raw("<details><summary>The same over HTTP</summary>")
            .Code("curl", $"curl -H 'Content-Type: application/json' "
                + $"-d {Reproduction.Shell(Request(values, tool).ToJsonString(Body.Plain))} "
                + $"http://127.0.0.1:8080/v1/inside/{tool.Name}").Raw("</details>").Line();
    }

    // What a place of the result offers, for the script that joins it to a click.
    private static void Doors(HtmlPage page, Values values)
    {
        string? text = values["text"] ?? values["clean"];
        if (text is null)
        {
            return;
        }
        Values at = new Values().Set("model", values.All("model")).Set("text", text).Set("corrupted", values.All("corrupted"));
        page.Raw($"<aside class=\"place\" hidden aria-label=\"A place\"><h3></h3><p>")
            .Raw($"<a class=\"go\" data-do=\"read\" "
                + $"href=\"/inside?tool=read&amp;{Markup.Escape(at.Without("corrupted").ToQuery())}\">Read</a> ")
            .Raw($"<a class=\"go\" data-do=\"zero\" href=\"/inside?tool=intervene&amp;{Markup.Escape(at.ToQuery())}\">Ablate</a> ")
            .Raw($"<a class=\"go\" data-do=\"scale\" href=\"/inside?tool=intervene&amp;{Markup.Escape(at.ToQuery())}\">Double</a> ")
            .Raw($"<a class=\"go\" data-do=\"patch\" href=\"/inside?tool=intervene&amp;{Markup.Escape(at.ToQuery())}\">Patch</a>")
            .Raw("</p></aside>").Line();
    }

    private static JsonObject Request(Values values, InsideTool tool)
    {
        var request = new JsonObject();
        foreach (string name in values.Names.Where(name => name != "tool"))
        {
            IReadOnlyList<string> said = values.All(name);
            request[name] = tool.Fields.FirstOrDefault(field => field.Name == name)?.Kind switch
            {
                FieldKind.Texts => new JsonArray([.. said.Select(one => (JsonNode)one)]),
                FieldKind.Whole when int.TryParse(said[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n) => n,
                FieldKind.Flag when bool.TryParse(said[0], out bool flag) => flag,
                _ => said[0],
            };
        }
        return request;
    }

    private static InsideTool Tool(Values values) =>
        InsideTools.All.FirstOrDefault(tool => tool.Name == values["tool"]) ?? InsideTools.All[0];
}
