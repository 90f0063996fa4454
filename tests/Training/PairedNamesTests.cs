using Vitrine.Tests.Support;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Sentence pairs with other names put in.</summary>
public class PairedNamesTests
{
    private static readonly PairedNames s_names = new([
        new("city", "London", ["伦敦", "倫敦"]), new("city", "Beijing", ["北京"]), new("city", "Kyoto", ["京都"]), new("city", "New York", ["纽约"]),
        new("country", "China", ["中国"]),
    ]);

    [Fact]
    public void Vary_OneName_IsReplacedOnBothSides()
    {
        TextPair[] made = [.. s_names.Vary([new("I love London.", "我爱倫敦。")], times: 9, seed: 1)];

        Assert.Equal([new("I love Beijing.", "我爱北京。"), new("I love Kyoto.", "我爱京都。"), new("I love New York.", "我爱纽约。")],
            made.OrderBy(pair => pair.Source, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("I love it.", "我爱伦敦。")] // missing on one side
    [InlineData("I love London.", "我爱北京。")] // another one
    [InlineData("From London to Kyoto.", "从伦敦。")] // two
    [InlineData("London is London.", "伦敦是伦敦。")] // twice
    [InlineData("I am a Londoner.", "我爱伦敦。")] // part of a word
    [InlineData("China is large.", "中国很大。")] // nothing else of its kind
    public void Vary_NotExactlyOneName_IsLeft(string first, string second) =>
        Assert.Empty(s_names.Vary([new(first, second)], times: 9, seed: 1));

    [Fact]
    public void Vary_SpellingsThatOverlap_TakesTheLeftmost() =>
        Assert.Contains(new TextPair("Kyoto is large.", "京都都很大。"), s_names.Vary([new("Beijing is large.", "北京都很大。")], times: 9, seed: 1));

    [Fact]
    public void Vary_Pairs_GivesNothingTwice()
    {
        TextPair[] given = [new("I love London.", "我爱伦敦。"), new("I love London.", "我爱倫敦。"), new("I love Kyoto.", "我爱京都。")];

        TextPair[] made = [.. s_names.Vary(given, times: 9, seed: 1)];

        Assert.Equal(made.Distinct(), made);
        Assert.Empty(made.Intersect(given));
        Assert.Equal(made, s_names.Vary(given, times: 9, seed: 1));
        Assert.Equal(2, s_names.Vary(given[..1], times: 2, seed: 1).Count());
    }

    [Fact]
    public void Names_SpellingOfTwo_IsRefused()
    {
        TrainingException error = Assert.Throws<TrainingException>(
            () => new PairedNames([new("city", "Rome", ["罗马"]), new("city", "Roma", ["罗马"])]));

        Assert.Equal("names: one spelling for two names; got '罗马' for Rome and Roma; expected different ones.", error.Message);
        Assert.Throws<TrainingException>(() => new PairedNames([]));
    }

    [Fact]
    public void Read_TooFewColumns_SaysWhich()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "names.tsv");
        File.WriteAllText(path, "city\tRome\t罗马\t羅馬\ncity\tOslo\n");

        Assert.Contains("got 'city\tOslo'", Assert.Throws<TrainingException>(() => PairedNames.Read(path)).Message,
            StringComparison.Ordinal);
    }
}
