using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>The tokens of a side as running text.</summary>
internal static class HtmlText
{
    /// <summary>What a side is, where there are several.</summary>
    public static void WriteSideName(HtmlPage page, AttributionResult result, SideScores side)
    {
        if (result.Sides.Count > 1)
        {
            page.Element("p", "class=\"side\"", side.Name).Line();
        }
    }

    /// <summary>Tokens as running text: one block per text, each in the direction of its own script.</summary>
    public static void WriteText(HtmlPage page, TokenCell[] cells, Action<TokenCell, HtmlPage> write)
    {
        page.Raw("<div class=\"text\" dir=\"auto\">");
        for (int i = 0; i < cells.Length; i++)
        {
            if (i > 0 && cells[i].TextIndex > 0 && cells[i].TextIndex != cells[i - 1].TextIndex)
            {
                page.Raw("</div>").Line().Raw("<div class=\"text\" dir=\"auto\">"); // a second text: the context of a question
            }
            else if (i > 0 || !string.IsNullOrWhiteSpace(cells[i].Gap))
            {
                page.Raw(Markup.Escape(cells[i].Gap.Contains('\n', StringComparison.Ordinal) && string.IsNullOrWhiteSpace(cells[i].Gap)
                    ? "\n" : cells[i].Gap));
            }
            write(cells[i], page);
            page.Raw(Markup.Escape(cells[i].Rest));
        }
        page.Raw("</div>").Line();
    }
}
