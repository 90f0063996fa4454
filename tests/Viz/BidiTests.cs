using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests;

public sealed class BidiTests
{
    [Theory]
    [InlineData("שלום", true)]
    [InlineData("-ה", true)]
    [InlineData("مرحبا 1", true)]
    [InlineData("\U0001E900", true)]
    [InlineData("movie 电影 é", false)]
    [InlineData("", false)]
    public void Bidi_OfAText_KnowsItsDirection(string text, bool isRightToLeft) => Assert.Equal(isRightToLeft, Bidi.IsRightToLeft(text));

    [Fact]
    public void Bidi_IsolatedText_TakesNoMoreCells()
    {
        string isolated = Bidi.Isolate("שלום");

        Assert.Equal('\u200E', isolated[0]);
        Assert.Equal('\u200E', isolated[^1]);
        Assert.Equal(4, TextWidth.Of(isolated));
        Assert.Equal("movie", Bidi.Isolate("movie"));
    }

    [Theory]
    [InlineData("שלום.", "\u200E\u200Fשלום.\u200F\u200E")] // its full stop stands to its left
    [InlineData("-ה", "\u200E\u200F-ה\u200F\u200E")]
    [InlineData("a שלום.", "\u200Ea שלום.\u200E")] // begins from the left
    public void Bidi_IsolatedText_KeepsItsPunctuationOnItsOwnSide(string text, string expected) =>
        Assert.Equal(expected, Bidi.Isolate(text));

    [Fact]
    public void Picture_ExcerptOfRightToLeftText_HasPositionsBehindTheWords()
    {
        string picture = TokenBars.Svg(Samples.Script("rtl", "שלום עולם טוב").Results[0], top: 1);

        Assert.Matches("\u200F\u200E #[0-9]</text>", picture);
    }

    [Fact]
    public void Console_RightToLeftToken_IsIsolatedFromItsNumber()
    {
        var writer = new StringWriter { NewLine = "\n" };

        ConsoleView.Write(Samples.Script("rtl", "שלום עולם"), writer, new());

        string[] rows = [.. writer.ToString().Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal)
            && Bidi.IsRightToLeft(line))];
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Matches("\u200E[^\u200E]+\u200E +[+-]?[0-9]", row));
    }
}
