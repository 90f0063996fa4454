using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Tests.Support;
using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests;

/// <summary>
/// Text can be read on every colour of a picture's background: a contrast of 4.5 at least, as WCAG 2.2 asks for (AA).
/// </summary>
public sealed class ContrastTests
{
    private const double Least = 4.5;
    private static readonly string s_css = File.ReadAllText(Path.Combine(GoldenFolder.SourceTree(), "Viz", "Html", "page.css"));

    [Theory]
    [InlineData(0)] // light
    [InlineData(1)] // dark
    public void Page_TextOnEveryStrengthOfAColour_CanBeRead(int theme)
    {
        (double[] paper, double[] card, double[] ink, double[] soft) =
            (Color("paper", theme), Color("card", theme), Color("ink", theme), Color("soft", theme));

        foreach (string name in (string[])["for", "against"])
        {
            double[] color = Color(name, theme);
            for (double strength = 0; strength <= 0.9; strength += 0.05) // 0.9 is the most that text stands on
            {
                Assert.True(Contrast(ink, Mixed(color, card, strength)) >= Least, $"{name} {strength} on the card");
                Assert.True(Contrast(ink, Mixed(color, paper, strength)) >= Least, $"{name} {strength} on paper");
            }
        }
        Assert.True(Contrast(soft, paper) >= Least);
        Assert.True(Contrast(soft, card) >= Least);
        Assert.True(Contrast(paper, ink) >= Least); // the number under the pointer
        Assert.True(Contrast(ink, Color("line", theme)) >= Least); // a chosen token
    }

    [Fact]
    public void Terminal_BlackOnEveryStep_CanBeRead()
    {
        ColorScale scale = ColorScale.Over([1, -1]);

        foreach (int score in Enumerable.Range(-20, 41))
        {
            (byte red, byte green, byte blue) = scale.Terminal(score / 20.0) ?? (255, 255, 255);
            Assert.True(Contrast([0, 0, 0], [red, green, blue]) >= Least, $"{score}");
        }
    }

    [Fact]
    public void Picture_SmallTextOnPaper_CanBeRead()
    {
        string style = Regex.Match(TokenBars.Svg(Samples.Sentiment.Results[0]), "<style>(.*?)</style>",
            RegexOptions.Singleline).Groups[1].Value;
        string[] soft = Values(style, @"\.soft\{fill:(#[0-9a-f]+)"), paper = Values(style, @"\.paper\{fill:(#[0-9a-f]+)"),
            text = Values(style, @"text\{[^}]*fill:(#[0-9a-f]+)");

        Assert.Equal(2, soft.Length);
        Assert.All(Enumerable.Range(0, 2), theme => Assert.True(Contrast(Parsed(soft[theme]), Parsed(paper[theme])) >= Least
            && Contrast(Parsed(text[theme]), Parsed(paper[theme])) >= Least));
    }

    private static string[] Values(string style, string pattern) =>
        [.. Regex.Matches(style, pattern).Select(match => match.Groups[1].Value)];

    private static double[] Color(string name, int theme) => Parsed(Values(s_css, $"--{name}: ([^;]+);")[theme]);

    private static double[] Parsed(string css) => css is ['#', .. var hex]
        ? [.. Enumerable.Range(0, 3).Select(i => (double)Convert.ToInt32(hex.Length == 3
            ? new string(hex[i], 2) : hex.Substring(2 * i, 2), 16))]
        : [.. css.Split(' ').Select(part => double.Parse(part, CultureInfo.InvariantCulture))];

    private static double[] Mixed(double[] top, double[] under, double strength) =>
        [.. top.Zip(under, (a, b) => (strength * a) + ((1 - strength) * b))];

    private static double Contrast(double[] a, double[] b)
    {
        (double one, double other) = (Luminance(a), Luminance(b));
        return (Math.Max(one, other) + 0.05) / (Math.Min(one, other) + 0.05);
    }

    private static double Luminance(double[] color)
    {
        double[] linear = [.. color.Select(level => level / 255 <= 0.04045
            ? level / 255 / 12.92 : Math.Pow(((level / 255) + 0.055) / 1.055, 2.4))];
        return (0.2126 * linear[0]) + (0.7152 * linear[1]) + (0.0722 * linear[2]);
    }
}
