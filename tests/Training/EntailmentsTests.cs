using System.Text.Json;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Pairs of sentences whose label is a matter of logic.</summary>
public class EntailmentsTests
{
    private static readonly EntailmentPair[] s_pairs = [.. Entailments.Make(3000, seed: 4)];

    [Fact]
    public void Make_SameSeed_SamePairs() =>
        Assert.Equal(s_pairs.Select(Entailments.Line), Entailments.Make(3000, seed: 4).Select(Entailments.Line));

    [Fact]
    public void Labels_OfManyPairs_AreEquallyFrequent() =>
        Assert.All(s_pairs.CountBy(pair => pair.Label), label => Assert.Equal(1000, label.Value));

    [Fact]
    public void Label_OfTheSameTwoSentences_IsAlwaysTheSame() =>
        Assert.All(s_pairs.GroupBy(pair => (pair.Premise, pair.Hypothesis)), same =>
            Assert.Single(same.Select(pair => pair.Label).Distinct()));

    /// <summary>Numbers by trying all: what the premise allows is held against what the hypothesis allows.</summary>
    [Fact]
    public void Count_TriedOnAllNumbers_IsThatLabel()
    {
        EntailmentPair[] counts = [.. s_pairs.Where(pair => pair.Premise.Contains(" has ", StringComparison.Ordinal))];

        Assert.True(counts.Length > 300);
        foreach (EntailmentPair pair in counts)
        {
            int[] worlds = [.. Enumerable.Range(0, 40).Where(n => Holds(pair.Premise, n))];
            bool all = worlds.All(n => Holds(pair.Hypothesis, n)), any = worlds.Any(n => Holds(pair.Hypothesis, n));
            Assert.Equal(all ? "entailment" : any ? "neutral" : "contradiction", pair.Label);
        }
    }

    /// <summary>Turning a pair of contradictions around keeps it one; no entailment is a contradiction the other way.</summary>
    [Fact]
    public void Label_OfTurnedPairs_AgreesWithLogic()
    {
        Dictionary<(string, string), string> labels = s_pairs.DistinctBy(pair => (pair.Premise, pair.Hypothesis))
            .ToDictionary(pair => (pair.Premise, pair.Hypothesis), pair => pair.Label);
        (string, string)[] both = [.. labels.Keys.Where(pair => labels.ContainsKey((pair.Item2, pair.Item1)))];

        Assert.NotEmpty(both);
        Assert.All(both, pair => Assert.Equal(labels[pair] == "contradiction", labels[(pair.Item2, pair.Item1)] == "contradiction"));
    }

    [Fact]
    public void Evidence_OfEveryPair_StandsInIt() => Assert.All(s_pairs, pair =>
    {
        Assert.NotEmpty(pair.Evidence);
        string[] texts = [pair.Premise, pair.Hypothesis];
        Assert.All(pair.Evidence, span => Assert.Matches(@"^\w+$", texts[span.Text][span.Start..span.End]));
        Assert.DoesNotMatch(@"[\[\]]", pair.Premise + pair.Hypothesis);
    });

    [Fact]
    public void Question_OfAPair_HoldsAllOfIt()
    {
        using JsonDocument json = JsonDocument.Parse(Entailments.Question(s_pairs[0]));

        Assert.Equal(s_pairs[0].Premise, json.RootElement.GetProperty("text").GetString());
        Assert.Equal(s_pairs[0].Hypothesis, json.RootElement.GetProperty("context").GetString());
        Assert.Equal(s_pairs[0].Label, json.RootElement.GetProperty("target").GetString());
    }

    private static bool Holds(string sentence, int n)
    {
        string[] numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
            words = sentence.Split(' ');
        int stated = words.Select(word => Array.IndexOf(numbers, word)).Max();
        return words.Contains("more") ? n > stated : words.Contains("fewer") ? n < stated : n == stated;
    }
}
