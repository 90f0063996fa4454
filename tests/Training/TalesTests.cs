using System.Text.Json;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Little stories in which every turn follows from words that are known.</summary>
public class TalesTests
{
    private static readonly Tale[] s_tales = [.. Tales.Make(2000, seed: 4)];

    [Fact]
    public void Make_SameSeed_SameTales() =>
        Assert.Equal(s_tales.Select(tale => tale.Text), Tales.Make(2000, seed: 4).Select(tale => tale.Text));

    [Fact]
    public void Text_OfEveryTale_IsPlainSentences()
    {
        foreach (Tale tale in s_tales)
        {
            Assert.Matches(@"^([A-Z][A-Za-z, ]+\. )+[A-Z][A-Za-z, ]+\.$", tale.Text);
            Assert.DoesNotMatch(@"\ba [aeiou]|\ban [^aeiou]", tale.Text);
        }
    }

    [Fact]
    public void Turn_OfEveryTale_IsAWordWithEarlierWordsAsEvidence()
    {
        foreach (Tale tale in s_tales)
        {
            Assert.NotEmpty(tale.Turns);
            Assert.All(tale.Turns, turn =>
            {
                Assert.Matches("^[A-Za-z]+$", tale.Text[turn.Start..turn.End]);
                Assert.NotEmpty(turn.Evidence);
                Assert.All(turn.Evidence, span => Assert.True(span.End <= turn.Start));
                Assert.All(turn.Evidence, span => Assert.Matches("^[A-Za-z]+$", tale.Text[span.Start..span.End]));
            });
        }
    }

    /// <summary>The words that decide are named truly: the same evidence never leads to more words than the generator's tables have for
    /// it, and the decided word never stands without it.</summary>
    [Theory]
    [InlineData("was so sad|very sad", "broke|melted|got|flew|froze|dried|burst", "sad")]
    [InlineData("very happy", "carried", "happy")]
    public void Feeling_OfATale_FollowsFromWhatHappened(string sentence, string causes, string feeling)
    {
        Tale[] told = [.. s_tales.Where(tale => sentence.Split('|').Any(part => tale.Text.Contains(part, StringComparison.Ordinal)))];

        Assert.NotEmpty(told);
        Assert.All(told, tale =>
        {
            TaleTurn turn = tale.Turns.Single(t => tale.Text[t.Start..t.End] == feeling);
            Assert.Contains(tale.Text[turn.Evidence[0].Start..turn.Evidence[0].End], causes.Split('|'));
        });
    }

    [Fact]
    public void Pronouns_OfEveryTale_AreOnePersons()
    {
        foreach (Tale tale in s_tales)
        {
            string[] words = tale.Text.ToLowerInvariant().Split(' ', '.', ',');
            Assert.False(words.Contains("she") && words.Contains("he"), tale.Text);
            Assert.False(words.Contains("her") && words.Contains("his"), tale.Text);
        }
    }

    [Fact]
    public void Questions_OfTales_AreWhatEvaluateReads()
    {
        string[] lines = [.. Tales.Questions(200, seed: 4)];

        Assert.Equal(200, lines.Length);
        foreach (string line in lines)
        {
            using JsonDocument json = JsonDocument.Parse(line);
            string text = json.RootElement.GetProperty("text").GetString()!, forced = json.RootElement.GetProperty("forced").GetString()!;

            Assert.Contains(s_tales, tale => tale.Text.StartsWith(text + forced, StringComparison.Ordinal));
            Assert.All(json.RootElement.GetProperty("rationale").EnumerateArray(), span =>
                Assert.InRange(span[1].GetInt32(), span[0].GetInt32() + 1, text.Length));
        }
    }
}
