using Vitrine.Tests.Support;
using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests;

public sealed class ConsoleViewTests
{
    public static TheoryData<string> Names => [.. All.Keys];

    private static Dictionary<string, Figure> All => new()
    {
        ["sentiment"] = Samples.Sentiment,
        ["methods"] = Samples.Methods,
        ["question"] = Samples.Question,
        ["generation"] = Samples.Generation,
        ["translation"] = Samples.Translation,
        ["hostile"] = Samples.Hostile,
        ["chinese"] = Samples.Script("中文", "这部电影非常精彩，推荐！"),
        ["long"] = Samples.Script("long", string.Concat(Enumerable.Repeat("The quick brown fox jumps over the lazy dog. ", 12))),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Console_WithoutColors_IsTheReviewedText(string name) =>
        Approved.Matches("Viz", name + ".txt", Written(All[name], ConsoleColors.None));

    [Fact]
    public void Console_WithColors_IsTheReviewedText() =>
        Approved.Matches("Viz", "methods.ansi", Written(Samples.Methods, ConsoleColors.True));

    [Theory]
    [MemberData(nameof(Names))]
    public void Console_WithoutColors_WritesNoEscape(string name) =>
        Assert.DoesNotContain('\u001b', Written(All[name], ConsoleColors.None));

    [Fact]
    public void Console_HostileText_CannotMoveTheCursor()
    {
        string written = Written(Samples.Hostile, ConsoleColors.True);

        Assert.DoesNotContain("\u001b[31m", written, StringComparison.Ordinal);
        Assert.DoesNotContain('\u0007', written);
        Assert.DoesNotContain('\u202E', written);
    }

    [Theory]
    [InlineData("chinese", 40)]
    [InlineData("long", 40)]
    [InlineData("methods", 60)]
    [InlineData("generation", 50)]
    public void Console_TableRows_FitTheWidth(string name, int width)
    {
        string[] lines = Written(All[name], ConsoleColors.None, width).Split('\n');

        Assert.All(lines.Where(l => l.Contains("+0", StringComparison.Ordinal) && !l.Contains('·')),
            line => Assert.InRange(TextWidth.Of(line), 0, width));
    }

    [Fact]
    public void Console_Top_ListsSoManyInTextOrder()
    {
        string written = Written(Samples.Sentiment, ConsoleColors.None, top: 2);

        Assert.True(written.IndexOf("gorgeous", StringComparison.Ordinal) < written.IndexOf("witty", StringComparison.Ordinal));
        Assert.DoesNotContain("movie", written, StringComparison.Ordinal);
        Assert.Contains("the 2 strongest of 10 tokens", written, StringComparison.Ordinal);
    }

    private static string Written(Figure explanation, ConsoleColors colors, int width = 90, int? top = null)
    {
        var writer = new StringWriter { NewLine = "\n" };
        ConsoleView.Write(explanation, writer, new() { Width = width, Colors = colors, Top = top });
        return writer.ToString();
    }
}
