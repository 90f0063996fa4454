using System.Text.RegularExpressions;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public sealed class Gpt2WordsTests
{
    // The pattern of openai/gpt-2 encoder.py. .NET sees halves of characters beyond U+FFFF, so none are drawn here.
    private static readonly Regex Reference =
        new(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant);

    private static IEnumerable<string> Split(string text) => Words(text, new TextSpan(0, text.Length)).Select(s => s.Of(text));

    private static List<TextSpan> Words(string text, TextSpan part)
    {
        var words = new List<TextPart>();
        new PatternWords(new Gpt2Words(), SplitBehavior.Isolated).Split(new TextPart(AlignedText.Verbatim(text, new(0, text.Length)), part),
            words);
        return [.. words.Select(word => word.Span)];
    }

    [Fact]
    public void Split_RandomText_MatchesTheRegularExpression()
    {
        string[] parts = [" ", "  ", "\n", "\t", "\u00A0", "\u3000", "a", "Z", "é", "猫", "ª", "1", "½", "Ⅻ", "'", "'s", "'re", "'ll", "'d",
            "!", "…", "\u0301", "\0"];
        var random = new Random(3);

        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));

            Assert.Equal(Reference.Matches(text).Select(m => m.Value), Split(text));
        }
    }

    [Fact]
    public void Split_LettersBeyondTheBasicPlane_StayTogether() => Assert.Equal(["𝐚𝐛", " 𝟏", " 😀😀"], Split("𝐚𝐛 𝟏 😀😀"));

    [Fact]
    public void Split_PartOfAText_SeesNothingOutside() =>
        Assert.Equal([new(1, 3), new(3, 4)], Words("aab b", new TextSpan(1, 4)));
}
