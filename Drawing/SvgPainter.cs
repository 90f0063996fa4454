using System.Globalization;
using System.Xml.Linq;
using SkiaSharp;

namespace Vitrine.Drawing;

/// <summary>Turns the pictures of Vitrine, which are SVG, into PNG: rectangles, lines, curves and texts, with nothing installed.</summary>
public static class SvgPainter
{
    private const float Scale = 2; // sharp on dense screens and in print

    /// <summary>Finds out before long work whether texts can be drawn.</summary>
    /// <exception cref="IOException">There is no font.</exception>
    public static void Check() => _ = FontLibrary.OfMachine.Standard;

    /// <summary>Draws a picture.</summary>
    /// <param name="svg">What <c>Vitrine.Viz</c> writes: its elements, and its style sheet of classes.</param>
    /// <param name="notice">Told once what no font of the machine can show; such characters are drawn as frames with their number.</param>
    /// <param name="isDark">On dark paper.</param>
    /// <returns>The bytes of the file, two pixels per unit of the picture.</returns>
    /// <exception cref="FormatException">The picture has an element that this class does not draw.</exception>
    /// <exception cref="IOException">There is no font.</exception>
    public static byte[] Png(string svg, Action<string>? notice = null, bool isDark = false) =>
        Png(svg, notice, isDark, FontLibrary.OfMachine);

    /// <summary>The same with chosen fonts.</summary>
    internal static byte[] Png(string svg, Action<string>? notice, bool isDark, FontLibrary fonts)
    {
        _ = fonts.Standard; // without one, texts would be left out
        XElement root = XDocument.Parse(svg).Root!;
        var style = new SvgStyle(root.Elements().FirstOrDefault(e => e.Name.LocalName == "style")?.Value ?? "", isDark);
        var size = new SKImageInfo((int)Math.Ceiling(Number(root, "width") * Scale), (int)Math.Ceiling(Number(root, "height") * Scale));
        using var surface = SKSurface.Create(size);
        SKCanvas canvas = surface.Canvas;
        canvas.Clear(Color(style.Of("rect", ["paper"], "fill", "#fff"))); // the last pixel too, where the size is no whole number
        canvas.Scale(Scale);
        SortedSet<string> missing = new(StringComparer.Ordinal);
        foreach (XElement element in root.Elements().Where(e => e.Name.LocalName is not ("style" or "title")))
        {
            string[] classes = ((string?)element.Attribute("class") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string Value(string property, string otherwise) =>
                (string?)element.Attribute(property) ?? style.Of(element.Name.LocalName, classes, property, otherwise);
            using SKPaint paint = new() { IsAntialias = true, Color = Color(Value("fill", "#000")) };
            switch (element.Name.LocalName)
            {
                case "rect":
                    double opacity = double.Parse(Value("fill-opacity", "1"), CultureInfo.InvariantCulture);
                    paint.Color = paint.Color.WithAlpha((byte)Math.Round(255 * opacity));
                    canvas.DrawRect(Number(element, "x"), Number(element, "y"), Number(element, "width"), Number(element, "height"), paint);
                    break;
                case "line":
                    paint.Color = Color(Value("stroke", "#000"));
                    paint.StrokeWidth = 1;
                    canvas.DrawLine(Number(element, "x1"), Number(element, "y1"), Number(element, "x2"), Number(element, "y2"), paint);
                    break;
                case "polyline":
                    (paint.Color, paint.IsStroke) = (Color(Value("stroke", "#000")), true);
                    paint.StrokeWidth = Number(element, "stroke-width");
                    using (SKPath path = Polyline((string)element.Attribute("points")!))
                    {
                        canvas.DrawPath(path, paint);
                    }
                    break;
                case "text":
                    Text(element, Value, paint);
                    break;
                default:
                    throw new FormatException($"png: an element that is not drawn; got '{element.Name.LocalName}'; expected rect, line, "
                        + $"polyline or text.");
            }
        }
        if (missing.Count > 0)
        {
            notice?.Invoke($"png: no font has {string.Join(' ', missing.Take(12))}{(missing.Count > 12 ? " …" : "")}; drawn as "
                + $"numbers in frames. Install a font with {(missing.Count == 1 ? "it" : "them")} (Noto), or write SVG.");
        }
        using SKImage image = surface.Snapshot();
        using SKData bytes = image.Encode(SKEncodedImageFormat.Png, 100);
        return bytes.ToArray();

        void Text(XElement element, Func<string, string, string> value, SKPaint paint)
        {
            string font = value("font", "12px"), height = value("font-size", font.Split(' ')[0]);
            using var line = new TextLine(element.Value, float.Parse(height.Replace("px", "", StringComparison.Ordinal),
                CultureInfo.InvariantCulture), value("font-weight", "400") is "600" or "bold", fonts);
            missing.UnionWith(line.Missing);
            float x = Number(element, "x"), y = Number(element, "y");
            canvas.Save();
            if ((string?)element.Attribute("transform") is { } turn)
            {
                float[] numbers = Numbers(turn["rotate(".Length..].TrimEnd(')'));
                canvas.RotateDegrees(numbers[0], numbers[1], numbers[2]);
            }
            float left = value("text-anchor", "start") switch { "middle" => x - (line.Width / 2), "end" => x - line.Width, _ => x };
            line.Draw(canvas, left, y, paint);
            canvas.Restore();
        }
    }

    private static SKPath Polyline(string points)
    {
        float[] numbers = Numbers(points);
        using var path = new SKPathBuilder();
        path.MoveTo(numbers[0], numbers[1]);
        for (int i = 2; i < numbers.Length; i += 2)
        {
            path.LineTo(numbers[i], numbers[i + 1]);
        }
        return path.Detach();
    }

    private static float Number(XElement element, string name) =>
        (string?)element.Attribute(name) is { } number ? float.Parse(number, CultureInfo.InvariantCulture) : 0;

    private static float[] Numbers(string list) => [.. list.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)
        .Select(number => float.Parse(number, CultureInfo.InvariantCulture))];

    private static SKColor Color(string css) => css == "none" ? SKColors.Empty : SKColor.Parse(css);
}
