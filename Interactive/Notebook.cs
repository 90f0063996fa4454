using System.Net;
using System.Text;
using Microsoft.DotNet.Interactive.Formatting;
using Vitrine.Attributions;
using Vitrine.Drawing;
using Vitrine.Viz;

namespace Vitrine.Interactive;

/// <summary>
/// How results show themselves in a notebook of .NET Interactive (Polyglot Notebooks): a cell that ends in one displays it. What has a
/// picture is that picture, what is a page is that page in a frame of its own, everything else is the table that the command prints. As
/// plain text every result is what the command prints, without colours.
/// </summary>
public static class Notebook
{
    private const string Html = "text/html", Plain = "text/plain";
    private const int FrameHeight = 640; // pixels; the page inside scrolls

    /// <summary>
    /// Registers the formatters. The package does it when a notebook loads it (<c>#r "nuget: Vitrine.Interactive"</c>); a program that
    /// hosts a kernel of its own calls it once.
    /// </summary>
    public static void Register()
    {
        Draw<Explanation>(why => why.Results.Count > 0 ? why.ToSvg() : null, why => why.ToText(new()));
        Draw<InsideResult>(result => InsideFigure.Svg(result), Lines);
        Draw<HeadsResult>(result => result.ToSvg());
        Draw<ProbeResult>(result => result.ToSvg());
        Draw<Chart>(chart => Plots.HasFont ? Plots.Svg(chart) : null);
        Frame<HeadsSeen>(seen => AttentionPage.Html(seen.Patterns, seen.Tokens, "Where every head looks"));
        Frame<ReportResult>(report => report.ToHtml());
        Frame<EvaluateResult>(evaluated => evaluated.ToHtml());
        Write<PredictResult>();
        Write<GenerateResult>();
        Write<TokenizeResult>();
        Write<WithoutResult>();
        Write<EdgeScores>();
    }

    /// <summary>A picture as an image of its own, so that no style or name of it meets those of the notebook; null: its text.</summary>
    private static void Draw<T>(Func<T, string?> picture, Func<T, string>? text = null)
        where T : class
    {
        text ??= Text;
        Set<T>(value => picture(value) is { } svg ? Image(svg, text(value)) : Table(text(value)), text);
    }

    /// <summary>A page with its own scripts, cut off from those of the notebook.</summary>
    private static void Frame<T>(Func<T, string> page)
        where T : class =>
        Set<T>(value => $"<iframe sandbox=\"allow-scripts\" style=\"width:100%;height:{FrameHeight}px;border:0\" "
            + $"srcdoc=\"{WebUtility.HtmlEncode(page(value))}\"></iframe>", Text);

    private static void Write<T>()
        where T : class => Set<T>(value => Table(Text(value)), Text);

    private static void Set<T>(Func<T, string> html, Func<T, string> text)
        where T : class
    {
        Formatter.SetPreferredMimeTypesFor(typeof(T), Html, Plain);
        Formatter.Register(html, Html);
        Formatter.Register(text, Plain);
    }

    private static string Text<T>(T value)
        where T : class => value.ToString() ?? "";

    private static string Lines(InsideResult result)
    {
        var text = new StringWriter { NewLine = "\n" };
        InsideView.Write(result, text);
        return text.ToString();
    }

    private static string Image(string svg, string description) =>
        $"<img style=\"max-width:100%\" alt=\"{WebUtility.HtmlEncode(description)}\" "
        + $"src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\">";

    private static string Table(string text) => $"<pre>{WebUtility.HtmlEncode(text)}</pre>";
}
