using System.Globalization;
using System.Text;

namespace Vitrine.Viz;

/// <summary>A drawing that grows: rectangles, lines and texts in user units of one CSS pixel, light or dark as its reader is.</summary>
internal sealed class SvgCanvas
{
    // Classes and not attributes carry the colours, so that the dark half can change them. Programs that know no media
    // queries (Inkscape, LaTeX) draw the light half.
    internal const string Style = """
        text{font:12px "Noto Sans","DejaVu Sans","Noto Sans CJK SC","Noto Sans Arabic",sans-serif;fill:#191b1f}
        .title{font-size:15px;font-weight:600}.soft{fill:#5d636b}.small{font-size:11px}
        .paper{fill:#fff}.for{fill:#e8601c}.against{fill:#3486dc}.card{fill:#f1f2f4}.axis{stroke:#8a9098}
        @media (prefers-color-scheme:dark){text{fill:#eceef1}.soft{fill:#a2a8b0}.paper{fill:#14161a}.for{fill:#b8430c}.against{fill:#2766bd}.card{fill:#24282e}}
        """;

    private readonly StringBuilder _shapes = new();
    private bool _isChosen; // parts of it are buttons, which an image has none of

    /// <summary>
    /// Estimated width of a text, in units: rather too wide than too narrow, because the fonts of the reader are not known.
    /// </summary>
    public static double TextLength(string text, double size = 12) => text.EnumerateRunes().Sum(Em) * size;

    /// <summary>A rectangle.</summary>
    /// <param name="kind">Its class: what it stands for.</param>
    /// <param name="x">Left.</param>
    /// <param name="y">Top.</param>
    /// <param name="width">Width.</param>
    /// <param name="height">Height.</param>
    /// <param name="opacity">0–1.</param>
    /// <param name="tip">What hovering shows; null for nothing.</param>
    /// <param name="place">The place in a model that can be chosen by it; null for none.</param>
    public void Rect(string kind, double x, double y, double width, double height, double opacity = 1, string? tip = null,
        string? place = null)
    {
        string faint = opacity < 1 ? $" fill-opacity=\"{Numbers.Length(opacity)}\"" : "";
        _isChosen |= place is not null;
        string chosen = place is null ? "" : $" data-place=\"{Markup.Escape(place)}\" tabindex=\"0\" role=\"button\"";
        string title = tip is null ? "/>" : $"><title>{Markup.Escape(tip)}</title></rect>";
        _shapes.Append(CultureInfo.InvariantCulture, $"<rect class=\"{kind}\" x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(width)}\" "
            + $"height=\"{N(height)}\"{faint}{chosen}{title}\n");
    }

    /// <summary>A line of text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="x">Where its anchor is.</param>
    /// <param name="y">Its baseline.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    /// <param name="kind">Its class; may be empty.</param>
    /// <param name="turn">Degrees clockwise around the anchor.</param>
    public void Text(string text, double x, double y, string anchor = "start", string kind = "", double turn = 0)
    {
        string style = (kind.Length > 0 ? $" class=\"{kind}\"" : "") + (anchor == "start" ? "" : $" text-anchor=\"{anchor}\"");
        string rotate = turn == 0 ? "" : $" transform=\"rotate({N(turn)} {N(x)} {N(y)})\"";
        // The anchor means left or right on the page, also for scripts written from the right: the run is isolated in it.
        _shapes.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(x)}\" y=\"{N(y)}\"{style}{rotate}>{Markup.Escape(text)}</text>\n");
    }

    /// <summary>Small text on as many lines as it takes; a separating dot stays with what it ends.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="x">Left.</param>
    /// <param name="y">Baseline of the first line.</param>
    /// <param name="width">How long a line may be.</param>
    /// <returns>The baseline of the last line.</returns>
    public double Paragraph(string text, double x, double y, double width)
    {
        string line = "";
        foreach (string word in text.Replace(" ·", "\u00A0·", StringComparison.Ordinal).Split(' '))
        {
            if (line.Length > 0 && TextLength($"{line} {word}", 11) > width)
            {
                Text(line, x, y, kind: "soft small");
                (line, y) = (word, y + 15);
                continue;
            }
            line += line.Length > 0 ? " " + word : word;
        }
        Text(line, x, y, kind: "soft small");
        return y;
    }

    /// <summary>What the two colours of bars mean, around an axis.</summary>
    /// <param name="axis">Its place; <c>against</c> stands to its left, <c>for</c> to its right.</param>
    /// <param name="y">Top.</param>
    public void Key(double axis, double y)
    {
        Rect("against", axis - 14, y, 10, 10);
        Text("against", axis - 18, y + 9, "end", "soft small");
        Rect("for", axis + 4, y, 10, 10);
        Text("for", axis + 18, y + 9, kind: "soft small");
    }

    /// <summary>A thin line.</summary>
    public void Line(double x1, double y1, double x2, double y2) =>
        _shapes.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" "
            + $"y2=\"{N(y2)}\"/>\n");

    /// <summary>A curve through points.</summary>
    /// <param name="color">As CSS writes it; must show on light and dark paper.</param>
    /// <param name="points">In order.</param>
    /// <param name="width">Of the line.</param>
    public void Curve(string color, IEnumerable<(double X, double Y)> points, double width) => _shapes.Append(CultureInfo.InvariantCulture,
        $"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"{N(width)}\" "
        + $"points=\"{string.Join(' ', points.Select(p => $"{N(p.X)},{N(p.Y)}"))}\"/>\n");

    /// <summary>The legend of a scale: a row of steps from the lowest to the highest score.</summary>
    public void Legend(ColorScale scale, double x, double y)
    {
        const int Steps = 21;
        string low = scale.IsSigned ? $"against {scale.Format(-scale.Limit)}" : "0";
        double left = x + TextLength(low, 11) + 6;
        Text(low, x, y + 9, kind: "soft small");
        for (int i = 0; i < Steps; i++)
        {
            double at = scale.IsSigned ? ((2.0 * i) / (Steps - 1)) - 1 : (double)i / (Steps - 1);
            Rect(at < 0 ? "against" : "for", left + (i * 6), y, 6, 10, Math.Abs(at));
        }
        Text(scale.Format(scale.Limit) + (scale.IsSigned ? " for" : ""), left + (Steps * 6) + 6, y + 9, kind: "soft small");
    }

    /// <summary>The file.</summary>
    /// <param name="width">Width.</param>
    /// <param name="height">Height.</param>
    /// <param name="title">What a screen reader calls the picture.</param>
    public string Close(double width, double height, string title) => $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <svg xmlns="http://www.w3.org/2000/svg" width="{N(width)}" height="{N(height)}" viewBox="0 0 {N(width)} {N(height)}" role="{(_isChosen ? "group" : "img")}">
        <title>{Markup.Escape(title)}</title>
        <style>
        {Style}
        </style>
        <rect class="paper" width="{N(width)}" height="{N(height)}"/>
        {_shapes}</svg>

        """.ReplaceLineEndings("\n");

    // Widths in DejaVu Sans, the widest of the common sans-serif fonts.
    private static double Em(Rune rune) => TextWidth.Of(rune) switch
    {
        0 => 0,
        2 => 1.05,
        _ when "ijl.,:;'|!I()[] ".Contains((char)rune.Value, StringComparison.Ordinal) => 0.37,
        _ when "mwMW%@→".Contains((char)rune.Value, StringComparison.Ordinal) => 0.95,
        _ when Rune.IsUpper(rune) || Rune.IsDigit(rune) => 0.68,
        _ => 0.61,
    };

    private static string N(double value) => Numbers.Length(value);
}
