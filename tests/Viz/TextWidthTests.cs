using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests;

public sealed class TextWidthTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("中文", 4)]
    [InlineData("한국어", 6)]
    [InlineData("ﾊﾝｶｸ", 4)] // halfwidth katakana
    [InlineData("ＡＢ", 4)] // fullwidth Latin
    [InlineData("e\u0301", 1)] // a combining accent
    [InlineData("क्षि", 2)] // Devanagari: the vowel sign takes a cell of its own
    [InlineData("😀", 2)]
    [InlineData("👨\u200D👩\u200D👧", 2)] // one family of three
    [InlineData("🇩🇪", 2)] // two letters, one flag
    [InlineData("❤\uFE0F", 2)] // a heart asked for as emoji
    [InlineData("\u200D", 0)]
    [InlineData("\uFE0F", 0)]
    public void Width_OfText_IsWhatTerminalsDraw(string text, int cells) => Assert.Equal(cells, TextWidth.Of(text));

    [Theory]
    [InlineData("gorgeous", 8, "gorgeous")]
    [InlineData("gorgeous", 5, "gorg…")]
    [InlineData("中文字", 4, "中…")]
    public void Cut_OfText_NeverExceedsTheCells(string text, int cells, string cut) => Assert.Equal(cut, TextWidth.Cut(text, cells));

    [Fact]
    public void PadRight_WideText_CountsCells() => Assert.Equal("中  ", TextWidth.PadRight("中", 4));
}
