using SkiaSharp;
using Vitrine.Drawing;
using Xunit;

namespace Vitrine.Tests.Drawing;

/// <summary>Pictures drawn with the font of the assembly alone, judged by their pixels.</summary>
public class SvgPainterTests
{
    private const string Style = "<style>text{font:12px sans;fill:#102030}.for{fill:#e8601c}.paper{fill:#ffffff}"
        + "@media (prefers-color-scheme:dark){.paper{fill:#14161a}}</style>";

    private static readonly FontLibrary s_bare = new([], FontLibrary.BuiltIn);

    [Fact]
    public void Png_Shapes_AreWhereTheySayInTheirColours()
    {
        using SKBitmap picture = Draw("""
            <rect class="for" x="10" y="10" width="20" height="10"/>
            <rect class="for" x="40" y="10" width="20" height="10" fill-opacity="0.5"/>
            <polyline fill="none" stroke="#2f9e62" stroke-width="4" points="10,40 60,40"/>
            """);

        Assert.Equal((200, 120), (picture.Width, picture.Height));
        Assert.Equal(new SKColor(0xe8, 0x60, 0x1c), picture.GetPixel(40, 30));
        Assert.InRange(picture.GetPixel(100, 30).Blue, 0x8c, 0x90); // half of the colour, half of the paper
        Assert.Equal(new SKColor(0x2f, 0x9e, 0x62), picture.GetPixel(70, 80));
        Assert.Equal(SKColors.White, picture.GetPixel(5, 5));
    }

    [Fact]
    public void Png_OnDarkPaper_HasTheColoursOfTheQuery()
    {
        using SKBitmap picture = Draw("", isDark: true);

        Assert.Equal(new SKColor(0x14, 0x16, 0x1a), picture.GetPixel(5, 5));
    }

    [Theory]
    [InlineData("Hello, naïve café — Ελλάδα Привет")]
    [InlineData("السلام عليكم")]
    [InlineData("שלום עולם")]
    [InlineData("−0.03 → ▁the Ġword ⟨pad⟩ “…”")]
    public void Png_TextsOfManyScripts_HaveAllGlyphsWithNoFontInstalled(string text)
    {
        List<string> notices = [];
        using SKBitmap picture = Draw($"<text x=\"5\" y=\"30\">{text}</text>", notices.Add);

        Assert.Empty(notices);
        Assert.True(Inked(picture, 0, picture.Width) > 200, "the text left no ink");
    }

    [Fact]
    public void Png_WhatNoFontHas_IsSaidOnceAndDrawnAsItsNumber()
    {
        List<string> notices = [];
        using SKBitmap picture = Draw("<text x=\"5\" y=\"30\">我喜我</text>", notices.Add);

        Assert.Contains("no font has 喜 我", Assert.Single(notices), StringComparison.Ordinal);
        Assert.True(Inked(picture, 0, picture.Width) > 100, "the numbers left no ink");
    }

    [Theory]
    [InlineData("start", 100, 200)]
    [InlineData("end", 0, 100)]
    [InlineData("middle", 60, 140)]
    public void Png_Anchors_PutTheTextOnTheirSide(string anchor, int from, int to)
    {
        using SKBitmap picture = Draw($"<text x=\"50\" y=\"30\" text-anchor=\"{anchor}\">abcd</text>");

        Assert.Equal(Inked(picture, 0, picture.Width), Inked(picture, from, to));
    }

    [Fact]
    public void Png_AnElementThatIsNotDrawn_IsRefused() =>
        Assert.Contains("ellipse", Assert.Throws<FormatException>(() => Draw("<ellipse/>")).Message, StringComparison.Ordinal);

    [Fact]
    public void BidiRuns_MixedLine_AreInTheOrderOfThePage()
    {
        Assert.Equal([("to ", false), (" עולם", true), ("12", false), ("שלום ", true), (", on", false)],
            Ordered("to שלום 12 עולם, on"));
        Assert.Equal([("abc 12", false)], BidiRuns.Of("abc 12"));
        Assert.Empty(BidiRuns.Of(""));

        // A space between a word from the right and a number runs with the letters, so it stands between them on the page.
        static IEnumerable<(string, bool)> Ordered(string text)
        {
            IReadOnlyList<(string Text, bool FromRight)> runs = BidiRuns.Of(text);
            Assert.Equal(text.Length, runs.Sum(run => run.Text.Length));
            return runs.Select(run => (run.Text, run.FromRight));
        }
    }

    [Fact]
    public void Png_WithoutAnyFont_IsRefusedAndSaysWhatToInstall()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere the system has fonts of its own");

        Assert.Contains("fonts-dejavu-core", Assert.Throws<IOException>(() =>
            SvgPainter.Png("<svg/>", null, false, new FontLibrary([], null))).Message, StringComparison.Ordinal);
    }

    private static SKBitmap Draw(string shapes, Action<string>? notice = null, bool isDark = false)
    {
        TestFonts.NeedBuiltIn();
        return SKBitmap.Decode(SvgPainter.Png(
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"60\">{Style}"
                + $"<rect class=\"paper\" width=\"100\" height=\"60\"/>{shapes}</svg>", notice, isDark, s_bare));
    }

    private static int Inked(SKBitmap picture, int from, int to) => Enumerable.Range(from, to - from)
        .Sum(x => Enumerable.Range(0, picture.Height).Count(y => picture.GetPixel(x, y) != SKColors.White));
}
