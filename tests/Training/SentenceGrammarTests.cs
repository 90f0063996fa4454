using Vitrine.Tests.Support;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Grammars that are data: what their rules become.</summary>
public class SentenceGrammarTests
{
    [Fact]
    public void Make_SameSeed_SameLines()
    {
        SentenceGrammar grammar = Read("@s", "a{b}c{d}", "@b", "1", "2", "3", "@d", "x", "y");

        Assert.Equal(grammar.Make(50, 4), grammar.Make(50, 4));
        Assert.NotEqual(grammar.Make(50, 4), grammar.Make(50, 5));
    }

    [Fact]
    public void Make_EveryLine_IsOneOfTheLanguage()
    {
        string[] all = [.. Read("@s", "the {x} {is|was} {adj}", "@x", "cat", "dog", "@adj", "big", "{very|} small").Make(400, 1)];

        string[] expected = [.. from x in new[] { "cat", "dog" } from v in new[] { "is", "was" } from a in new[] { "big", "very small",
            "small" } select $"The {x} {v} {a}"];
        Assert.Equal(expected.Order(), all.Distinct().Order());
    }

    [Fact]
    public void Make_Weights_DecideHowOften()
    {
        int a = Read("@s", "3*a", "b").Make(4000, 2).Count(line => line == "a");

        Assert.InRange(a, 2900, 3100); // 3000 ± 3.6 standard deviations
    }

    [Fact]
    public void Make_Columns_TakeTheSameDraw()
    {
        string[] lines = [.. Read("@pair", "I like {x} and {x}.\t我喜欢{x}和{x}。", "I like {x} more than {x}.\t比起{x#2}，我更喜欢{x#1}。", "@x",
            "tea\t茶", "rice\t饭", "fish\t鱼").Make(200, 3)];
        Dictionary<string, string> words = new() { ["tea"] = "茶", ["rice"] = "饭", ["fish"] = "鱼" };

        foreach (string line in lines)
        {
            string[] said = [.. line.Split('\t')[0].TrimEnd('.').Split(' ').Where(words.ContainsKey).Select(word => words[word])];
            Assert.Equal(line.Contains("more", StringComparison.Ordinal) ? $"比起{said[1]}，我更喜欢{said[0]}。" : $"我喜欢{said[0]}和{said[1]}。",
                line.Split('\t')[1]);
        }
        // two slots of one column are two draws
        Assert.Contains(lines, line => line.StartsWith("I like tea and tea", StringComparison.Ordinal));
    }

    [Fact]
    public void Make_NumberedColumn_IsThatOne() =>
        Assert.Equal(["Yesterday he went home.\t昨天他回家了。"], Read("@s", "Yesterday he {act:3}.\t昨天他{act}了。", "@act", "go home\t回家\twent home")
            .Make(1, 1));

    [Theory]
    [InlineData("{x} was here", "Anna was here")]
    [InlineData("a {y} and a {x}", "An apple and an anna")]
    [InlineData("it is  {z} a one-way street. {z} yes", "It is a one-way street. Yes")]
    [InlineData("a useful thing and a hour{z} !", "A useful thing and an hour!")]
    public void Make_AsOnPaper_HasCapitalsAndArticles(string rule, string expected) =>
        Assert.Equal([expected], Read("@s", rule, "@x", "anna", "@y", "apple", "@z", "{}").Make(1, 1));

    [Fact]
    public void Make_ColumnWithoutBraces_IsLeftAsItIs() =>
        Assert.Equal(["positive\tA good film"], Read("@s", "positive\t{x} film", "@x", "a good").Make(1, 1));

    [Theory]
    [InlineData("'{x'", "@s", "{x")]
    [InlineData("'x}'", "@s", "x}")]
    [InlineData("{nowhere}", "@s", "{nowhere}")]
    [InlineData("before the first rule", "text", "@s")]
    [InlineData("'s' again", "@s", "a", "@s")]
    [InlineData("no rule", "# nothing")]
    [InlineData("a rule without lines", "@s", "{t}", "@t")]
    public void Read_WrongFile_SaysWhat(string expected, params string[] lines) =>
        Assert.Contains(expected, Assert.Throws<TrainingException>(() => Read(lines)).Message, StringComparison.Ordinal);

    [Fact]
    public void Make_RulesInACircle_AreAnError() =>
        Assert.Contains("circles", Assert.Throws<TrainingException>(() => Read("@s", "x {s}").Make(1, 1).ToArray()).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("sentiment/opinions.txt", 2)]
    [InlineData("zh-en/sentences.txt", 2)]
    [InlineData("entities/sentences.txt", 1)]
    public void Grammar_InTheBox_MakesLines(string name, int columns)
    {
        string[] lines = [.. SentenceGrammar.Read(Path.Combine(GoldenFolder.SourceTree(), "models", name)).Make(2000, 1)];

        Assert.All(lines, line => Assert.Equal(columns, line.Split('\t').Length));
        Assert.All(lines, line => Assert.DoesNotMatch("[{}|]|  ", line));
        Assert.InRange(lines.Distinct().Count(), 1500, 2000);
    }

    private static SentenceGrammar Read(params string[] lines)
    {
        using var folder = new TempFolder();
        File.WriteAllLines(folder.File("rules.txt"), lines);
        return SentenceGrammar.Read(folder.File("rules.txt"));
    }
}
