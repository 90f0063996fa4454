using System.Globalization;
using System.Text;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// A report as a page, as Markdown, and in a terminal: warnings with their figures first, then methods, words, metrics and single texts.
/// </summary>
public static class DossierView
{
    /// <summary>One self-contained HTML file.</summary>
    public static string Html(Dossier dossier)
    {
        var page = new HtmlPage(dossier.Title);
        page.Raw("<header>").Element("h1", "dir=\"auto\"", dossier.Title).Notes("facts", dossier.Facts.Select(f => $"{f.Key} {f.Value}"))
            .Raw("</header>").Line();
        Write(page, dossier);
        return page.ToString();
    }

    /// <summary>The same as a part of a page.</summary>
    internal static void Write(HtmlPage page, Dossier dossier)
    {
        Finding[] warnings = [.. dossier.Findings.Where(f => f.IsWarning)], passed = [.. dossier.Findings.Where(f => !f.IsWarning)];
        page.Raw("<section>").Element("h2", "", Headline(warnings.Length, dossier.Findings.Count));
        foreach (Finding finding in warnings)
        {
            WriteFinding(page, finding);
        }
        if (passed.Length > 0)
        {
            page.Raw("<details>").Element("summary", "",
                string.Create(CultureInfo.InvariantCulture, $"Tested without a warning: {passed.Length}"));
            foreach (Finding finding in passed)
            {
                WriteFinding(page, finding);
            }
            page.Raw("</details>");
        }
        page.Raw("</section>").Line();
        page.Raw("<section>").Element("h2", "", "Methods");
        Methods(dossier).Write(page);
        page.Raw("</section>").Line();
        page.Raw("<section>").Element("h2", "", "Words that matter");
        foreach (Grid words in Words(dossier))
        {
            words.Write(page);
        }
        page.Raw("</section>").Line();
        if (dossier.Board is { } board)
        {
            ScoreboardView.Write(page, board);
        }
        WriteTexts(page, dossier);
    }

    /// <summary>The report in GitHub's Markdown; figures are tables.</summary>
    public static string Markdown(Dossier dossier)
    {
        var text = new StringBuilder($"# {Grid.Escaped(dossier.Title)}\n\n{Grid.Escaped(Facts(dossier))}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"## {Headline(dossier.Findings.Count(f => f.IsWarning), dossier.Findings.Count)}\n\n");
        foreach (Finding finding in dossier.Findings.OrderByDescending(f => f.IsWarning))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"### {Grid.Escaped(finding.Question)} {Grid.Escaped(finding.Outcome)}\n\nTested: {Grid.Escaped(finding.Test)}.\n\n")
                .Append(FindingFigure.Table(finding).Markdown()).Append(finding.IsWarning ? $"\n{Grid.Escaped(finding.Advice)}\n\n" : "\n");
        }
        text.Append("## Methods\n\n").Append(Methods(dossier).Markdown()).Append("\n## Words that matter\n\n")
            .AppendJoin('\n', Words(dossier).Select(grid => grid.Markdown()));
        if (dossier.Board is { } board)
        {
            text.Append("\n## Which method explains best?\n\n").Append(ScoreboardView.Table(board).Markdown());
        }
        return text.Append("\n## Texts\n\n").Append(Texts(dossier).Markdown()).ToString();
    }

    /// <summary>The outline in a terminal.</summary>
    public static void Write(Dossier dossier, TextWriter output, int width)
    {
        output.WriteLine($"{Markup.Visible(dossier.Title)}  {Markup.Visible(Facts(dossier))}");
        output.WriteLine();
        output.WriteLine(Headline(dossier.Findings.Count(f => f.IsWarning), dossier.Findings.Count));
        foreach (Finding finding in dossier.Findings.OrderByDescending(f => f.IsWarning))
        {
            output.WriteLine($"  {(finding.IsWarning ? "!" : "·")} {Markup.Visible(finding.Question)} {Markup.Visible(finding.Outcome)}");
        }
        foreach (Grid words in Words(dossier))
        {
            output.WriteLine();
            output.WriteLine(Markup.Visible(words.Title));
            words.Write(output, "  ");
        }
        if (dossier.Board is { } board)
        {
            Grid table = ScoreboardView.Table(board);
            output.WriteLine();
            output.WriteLine("Which method explains best?");
            foreach (Grid part in table.Fit(width - 2))
            {
                part.Write(output, "  ");
                output.WriteLine();
            }
            output.WriteLine("  " + table.Note);
        }
    }

    private static string Facts(Dossier dossier) => string.Join(" · ", dossier.Facts.Select(f => $"{f.Key} {f.Value}"));

    private static string Headline(int warnings, int tested) => string.Create(
        CultureInfo.InvariantCulture, $"{(warnings == 0 ? "No warnings" : warnings == 1 ? "1 warning" : $"{warnings} warnings")} "
        + $"from {tested} tests");

    private static void WriteFinding(HtmlPage page, Finding finding)
    {
        string svg = FindingFigure.Svg(finding, isTitled: false); // the page has said it
        page.Raw(finding.IsWarning ? "<div class=\"warning\">" : "<div>").Element("h3", "", $"{finding.Question} {finding.Outcome}")
            .Element("p", "class=\"note\"", $"Tested: {finding.Test}.")
            .Raw("<div class=\"wide\">").Line().Raw(svg[svg.IndexOf("<svg", StringComparison.Ordinal)..]).Raw("</div>");
        if (finding.IsWarning)
        {
            page.Element("p", "class=\"note\"", finding.Advice);
        }
        page.Raw("</div>").Line();
    }

    private static Grid Methods(Dossier dossier) => new()
    {
        Head = ["method", ">texts", "scores sum to", "parameters"],
        Rows = [.. dossier.Tally.Methods.Select(method => (string[])
        [
            method.Example.Method, method.Texts.ToString(CultureInfo.InvariantCulture), method.Example.SumsTo ?? "",
            string.Join(", ", method.Example.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key} {p.Value}")
                .Prepend(method.Example.Baseline is { } b ? $"baseline {b}" : "").Where(p => p.Length > 0)),
        ])],
    };

    private static IEnumerable<Grid> Words(Dossier dossier) =>
        dossier.Tally.TopWords().Where(row => row.Words.Count > 0).Select(row => new Grid
        {
            Title = row.Label,
            Head = ["word", ">texts", ">mean", ">total"],
            Rows = [.. row.Words.Select(word => (string[])
            [word.Word, word.Texts.ToString(CultureInfo.InvariantCulture),
                word.Mean.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture),
                word.Total.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture)])],
        });

    private static Grid Texts(Dossier dossier) => new()
    {
        Head = ["text", "target", ">probability", "strongest words"],
        Rows = [.. dossier.Tally.First.Select(a => (string[])
        [
            TextWidth.Cut(a.Title, 80), TextWidth.Cut(string.Join(" ", a.Results[0].Targets.Select(t => TokenCell.Spell(t.Label))), 40),
            a.Results[0].Targets is [{ Probability: { } p }] ? Numbers.Percent(p) : "",
            string.Join(", ", a.Results[0].Words().Top(5).Select(t => TokenCell.Spell(t.Piece).Trim())),
        ])],
    };

    private static void WriteTexts(HtmlPage page, Dossier dossier)
    {
        page.Raw("<section>").Element("h2", "", "Texts");
        if (dossier.Tally.Texts > dossier.Tally.First.Count)
        {
            page.Element("p", "class=\"note\"", string.Create(CultureInfo.InvariantCulture,
                $"The first {dossier.Tally.First.Count} of {dossier.Tally.Texts}."));
        }
        foreach (Analysis analysis in dossier.Tally.First)
        {
            page.Raw("<details>").Element("summary", "dir=\"auto\"",
                $"{TextWidth.Cut(analysis.Title, 90)} "
                + $"→ {TextWidth.Cut(string.Join(" ", analysis.Results[0].Targets.Select(t => TokenCell.Spell(t.Label))), 40)}");
            foreach (AttributionResult result in analysis.Results.Where(r => r.Method != "random"))
            {
                TokenHeatmap.Write(page, result, []);
            }
            page.Raw("</details>").Line();
        }
        page.Raw("</section>").Line();
    }
}
