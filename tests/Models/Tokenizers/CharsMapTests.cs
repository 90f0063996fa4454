using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public sealed class CharsMapTests
{
    [Fact]
    public void Match_RandomRules_FindsTheLongest()
    {
        var random = new Random(17);
        string word(int longest) => string.Concat(Enumerable.Range(0, random.Next(1, longest)).Select(_ => "abcäß猫😀"[random.Next(6)]));
        Dictionary<string, string> rules = [];
        while (rules.Count < 60)
        {
            rules[word(5)] = random.Next(5) == 0 ? "" : word(4);
        }

        var map = new CharsMap(TinySentencePiece.Compile(rules), "test");

        for (int i = 0; i < 2000; i++)
        {
            string text = word(8);
            string? longest = rules.Keys.Where(k => text.StartsWith(k, StringComparison.Ordinal)).MaxBy(k => k.Length);

            int length = map.Match(System.Text.Encoding.UTF8.GetBytes(text), out ReadOnlySpan<byte> replacement);

            Assert.Equal(longest is null ? 0 : System.Text.Encoding.UTF8.GetByteCount(longest), length);
            Assert.Equal(longest is null ? "" : rules[longest], System.Text.Encoding.UTF8.GetString(replacement));
        }
    }

    [Fact]
    public void Constructor_SizeBeyondTheData_Throws() => Assert.Throws<TokenizerException>(() => new CharsMap([0xFF, 0, 0, 0, 1], "test"));
}
