using System.Security;
using System.Text;
using System.Text.RegularExpressions;
using SkiaSharp;
using Vitrine.Viz;

namespace Vitrine.Drawing;

/// <summary>Draws charts, on light or dark paper, as PNG, SVG or PDF: the one place where statistics become pictures.</summary>
public static partial class Plots
{
    private const float Margin = 16, Wide = 720, Narrow = 360, Tall = 300, Short = 230;
    private const int Across = 3;

    /// <summary>The endings of files that <see cref="Save"/> writes.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".png", ".svg", ".pdf"];

    /// <summary>Whether there is a font: without one no chart is drawn.</summary>
    public static bool HasFont => FontLibrary.OfMachine.HasStandard;

    /// <summary>The bytes of a file in the form that its ending names.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="path">A path with one of <see cref="Endings"/>.</param>
    /// <param name="isDark">On dark paper; an SVG follows its reader unless this is set.</param>
    /// <exception cref="ArgumentException">The ending is another, or there is nothing to draw.</exception>
    /// <exception cref="IOException">There is no font.</exception>
    public static byte[] Save(Chart chart, string path, bool isDark = false) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".png" => Png(chart, isDark),
        ".svg" => Encoding.UTF8.GetBytes(Svg(chart, isDark)),
        ".pdf" => Pdf(chart, isDark),
        var ending => throw new ArgumentException(
            $"plot: ending not known; got '{ending}'; expected {string.Join(", ", Endings)}.", nameof(path)),
    };

    /// <summary>PNG, two pixels per unit.</summary>
    public static byte[] Png(Chart chart, bool isDark = false)
    {
        var ink = new ChartInk(isDark);
        SKSize size = Size(chart, ink);
        using var surface = SKSurface.Create(new SKImageInfo((int)size.Width * 2, (int)size.Height * 2));
        surface.Canvas.Scale(2);
        Draw(chart, surface.Canvas, size, ink);
        using SKImage image = surface.Snapshot();
        using SKData bytes = image.Encode(SKEncodedImageFormat.Png, 100);
        return bytes.ToArray();
    }

    /// <summary>SVG whose colours follow the reader's preference for light or dark, unless dark is asked for.</summary>
    public static string Svg(Chart chart, bool isDark = false)
    {
        var ink = new ChartInk(isDark);
        SKSize size = Size(chart, ink);
        using var bytes = new MemoryStream();
        using (SKCanvas canvas = SKSvgCanvas.Create(SKRect.Create(size), bytes))
        {
            Draw(chart, canvas, size, ink);
        }
        string svg = Encoding.UTF8.GetString(bytes.ToArray()).ReplaceLineEndings("\n");
        // Skia counts clips over the whole process: equal charts would not be equal files.
        string[] clips = [.. Clip().Matches(svg).Select(match => match.Value).Distinct()];
        svg = Clip().Replace(svg, match => $"clip{Array.IndexOf(clips, match.Value) + 1}");
        int head = svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal));
        return $"{svg[..head]} viewBox=\"0 0 {size.Width:0} {size.Height:0}\" role=\"img\">\n<title>{SecurityElement.Escape(chart.Title)}"
            + $"</title>{(isDark ? "" : ChartInk.DarkStyle)}{svg[(head + 1)..]}";
    }

    /// <summary>PDF of one page.</summary>
    public static byte[] Pdf(Chart chart, bool isDark = false)
    {
        var ink = new ChartInk(isDark);
        SKSize size = Size(chart, ink);
        using var bytes = new MemoryStream();
        using (var document = SKDocument.CreatePdf(bytes, new SKDocumentPdfMetadata { Title = chart.Title }))
        {
            Draw(chart, document.BeginPage(size.Width, size.Height), size, ink);
            document.EndPage();
            document.Close();
        }
        return bytes.ToArray();
    }

    private static SKSize Size(Chart chart, ChartInk ink)
    {
        if (chart.Panels.Count == 0 || chart.Panels.Any(panel => panel.Curves.Count == 0 || panel.Curves.Any(c => c.Points.Count == 0)))
        {
            throw new ArgumentException(
                $"plot: nothing to draw; got {chart}; expected a panel, a curve in each, and a point on each curve.", nameof(chart));
        }
        (float width, float height, int columns) = Cell(chart);
        float whole = Math.Max(width * columns, chart.Panels.Count == 1 ? Wide : Narrow);
        int rows = (chart.Panels.Count + columns - 1) / columns;
        return new(MathF.Ceiling(whole + (2 * Margin)), MathF.Ceiling(Head(chart, null, whole, ink) + (height * rows) + Margin));
    }

    private static (float Width, float Height, int Columns) Cell(Chart chart)
    {
        bool isOne = chart.Panels.Count == 1;
        float width = isOne ? Math.Max(Wide, (chart.Panels[0].Ticks?.Count ?? 0) * 24) : Narrow;
        float names = chart.Panels.Max(panel => PanelPlot.NamesHeight(panel, width));
        return (width, (isOne ? Tall : Short) + names, isOne ? 1 : Math.Min(Across, chart.Panels.Count));
    }

    private static void Draw(Chart chart, SKCanvas canvas, SKSize size, ChartInk ink)
    {
        canvas.Clear(ink.Paper);
        float top = Head(chart, canvas, size.Width - (2 * Margin), ink);
        (float width, float height, int columns) = Cell(chart);
        foreach ((int i, ChartPanel panel) in chart.Panels.Index())
        {
            var place = SKRect.Create(Margin + (i % columns * width), top + (i / columns * height), width - 8, height - 8);
            PanelPlot.Draw(panel, canvas, place, ink);
        }
    }

    // Title, note and legend, above all panels and so off the data; returns where they end. Without a canvas nothing is drawn.
    private static float Head(Chart chart, SKCanvas? canvas, float width, ChartInk ink)
    {
        float y = Margin + 12;
        ChartInk.Text(canvas, chart.Title, Margin, y, 15, ink.Ink, isBold: true);
        if (chart.Note.Length > 0)
        {
            string line = "";
            foreach (string word in chart.Note.Split(' '))
            {
                if (line.Length > 0 && ChartInk.Text(null, $"{line} {word}", 0, 0, 11, ink.Soft) > width)
                {
                    ChartInk.Text(canvas, line, Margin, y += 16, 11, ink.Soft);
                    line = "";
                }
                line += line.Length > 0 ? " " + word : word;
            }
            ChartInk.Text(canvas, line, Margin, y += 16, 11, ink.Soft);
        }
        ChartCurve[] named = [.. chart.Panels.SelectMany(panel => panel.Curves).DistinctBy(curve => curve.Name)];
        if (named.Length > 1)
        {
            float x = Margin;
            y += 20;
            foreach (ChartCurve curve in named)
            {
                float length = 22 + ChartInk.Text(null, curve.Name, 0, 0, 11, ink.Ink) + 16;
                (x, y) = x > Margin && x + length > width + Margin ? (Margin, y + 16) : (x, y);
                float half = curve.IsThin ? 0.5f : 1.5f;
                canvas?.DrawRect(x, y - 4 - half, 16, 2 * half, new() { Color = ChartInk.Of(curve.Color) });
                ChartInk.Text(canvas, curve.Name, x + 22, y, 11, ink.Ink);
                x += length;
            }
        }
        return y + 12;
    }

    [GeneratedRegex(@"\bcl_[0-9a-f]+")]
    private static partial Regex Clip();
}
