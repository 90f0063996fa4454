using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>Attention: all heads by layer, one large, from a token to what it sees; between both texts of a translation.</summary>
internal sealed class AttentionView : View
{
    public override string Name => "attention";

    public override string Title => "Attention";

    public override string Purpose => "Where do the heads look?";

    public override bool IsAsked(Values values) => values["text"] is not null;

    public override void Form(HtmlPage page, Values values, Desk desk)
    {
        page.Raw("<div class=\"fields\">").Models(values, desk);
        Fields(page, values);
        page.Raw("</div>").Area(values, "text", "Text", 2, "keyfjordsagnbixkeyfjo");
    }

    /// <summary>The fields next to model and text.</summary>
    public static void Fields(HtmlPage page, Values values) => page.Line(values, "context", "Context or second text")
        .Choice(values, "part", "Part of a translator", [("", "encoder"), ("decoder", "decoder"), ("cross", "decoder to encoder")]);

    public override async Task Show(
        HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        RequestReader.CheckLength(values, desk.Limits);
        string text = values["text"] ?? "", model = desk.Shelf.Find(values["model"]);
        HeadsSeen seen = await desk.Do(model,
            (explainer, _) => explainer.Inside.Attention(text, values["context"], values["part"]), cancellation).ConfigureAwait(false);
        page.Raw($"<section data-attention=\"{seen.Patterns.Heads}\">")
            .Element("h2", "", $"{seen.Patterns.Layers * seen.Patterns.Heads} heads");
        AttentionPage.Write(page, seen.Patterns, seen.Tokens);
        string hook = $"{seen.Patterns.Stack}.LAYER.{(values["part"] == "cross" ? "cross_attn" : "attn")}.hook_z:HEAD";
        page.Raw("<p class=\"note\">")
            .Element("a", $"class=\"go\" data-hook=\"{hook}\" href=\"/inside?tool=intervene&amp;"
                + $"{Markup.Escape(new Values().Set("model", model).Set("text", text).ToQuery())}\"",
                "Switch this head off").Raw("</p></section>").Line();
    }
}
