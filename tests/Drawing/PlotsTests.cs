using System.Xml.Linq;
using SkiaSharp;
using Vitrine.Drawing;
using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests.Drawing;

/// <summary>Charts: letters are drawn without an installed font, curves are where their numbers are.</summary>
public class PlotsTests
{
    public PlotsTests() => TestFonts.NeedAny();

    private static readonly SKColor s_first = new(0x34, 0x86, 0xdc);

    private static Chart Falling => new()
    {
        Title = "loss <of> a model",
        Note = "nats per token",
        Panels = [new()
        {
            XLabel = "step",
            YLabel = "loss",
            Curves = [Curve("learned", 0, i => 10 - i), Curve("held out", 1, i => 11 - i)],
        }],
    };

    [Fact]
    public void Png_AFallingCurve_FallsFromLeftToRight()
    {
        using SKBitmap picture = SKBitmap.Decode(Plots.Png(Falling));
        (int X, int Y)[] curve = [.. Pixels(picture).Where(at => picture.GetPixel(at.X, at.Y) == s_first && at.Y > 150)];

        Assert.True(curve.Where(at => at.X < 400).Average(at => at.Y) + 100 < curve.Where(at => at.X > 1100).Average(at => at.Y));
    }

    [Fact]
    public void Png_ThePaperAroundTheChart_IsEmptyAtEveryEdge()
    {
        using SKBitmap picture = SKBitmap.Decode(Plots.Png(Falling));

        Assert.All(Pixels(picture).Where(at => at.X < 8 || at.Y < 8 || at.X >= picture.Width - 8 || at.Y >= picture.Height - 8),
            at => Assert.Equal(new SKColor(0xfd, 0xfd, 0xfd), picture.GetPixel(at.X, at.Y)));
    }

    [Fact]
    public void Png_Dark_HasDarkPaper()
    {
        using SKBitmap picture = SKBitmap.Decode(Plots.Png(Falling, isDark: true));

        Assert.Equal(new SKColor(0x14, 0x16, 0x1a), picture.GetPixel(2, 2));
    }

    [Fact]
    public void Svg_OfAChart_HasItsWordsAsTextAndFollowsTheReader()
    {
        string svg = Plots.Svg(Falling);
        string[] texts = [.. XDocument.Parse(svg).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value.Trim())];

        Assert.Superset(new HashSet<string> { "loss <of> a model", "nats per token", "learned", "held out", "step", "loss" },
            new HashSet<string>(texts));
        Assert.Contains("prefers-color-scheme:dark", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("prefers-color-scheme", Plots.Svg(Falling, isDark: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Save_TheSameChartTwice_IsTheSameBytes() =>
        Assert.All(Plots.Endings, ending => Assert.Equal(Plots.Save(Falling, "a" + ending), Plots.Save(Falling, "a" + ending)));

    [Fact]
    public void Save_WithoutAPointOrWithAnotherEnding_IsRefused()
    {
        Assert.Contains("nothing to draw", Assert.Throws<ArgumentException>(() =>
            Plots.Png(Falling with { Panels = [] })).Message, StringComparison.Ordinal);
        Assert.Contains(".gif", Assert.Throws<ArgumentException>(() => Plots.Save(Falling, "a.gif")).Message, StringComparison.Ordinal);
    }

    private static ChartCurve Curve(string name, int color, Func<int, double> value) =>
        new(name, [.. Enumerable.Range(0, 10).Select(i => ChartPoint.Of(i, value(i)))], color);

    private static IEnumerable<(int X, int Y)> Pixels(SKBitmap picture) => Enumerable.Range(0, picture.Width)
        .SelectMany(x => Enumerable.Range(0, picture.Height).Select(y => (x, y)));
}
