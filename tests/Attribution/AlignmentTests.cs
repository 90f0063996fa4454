using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

public sealed class AlignmentTests
{
    [Fact]
    public void Alignment_OfATranslation_LinksTheStrongestSourceToken()
    {
        AttributionResult result = Samples.Translation.Results[0];

        IReadOnlyList<AlignmentLink> links = Alignment.Of(result);

        Assert.Equal("0-0 1-1 2-2 3-3", Alignment.Pharaoh(links)); // </s> has none
        Assert.All(links, link => Assert.InRange(link.Score, 0.2f, 1));
    }

    [Fact]
    public void Alignment_OfAClassification_IsEmpty() => Assert.Empty(Alignment.Of(Samples.Sentiment.Results[0]));

    [Theory]
    [InlineData("0-0 1-1", 0)]
    [InlineData("0-1 1-0", 1)]
    [InlineData("0-0 1p1", 0)]
    [InlineData("0-0 1-0", 0.5)]
    [InlineData("0p0", 0.5)]
    public void ErrorRate_OfTwoLinks_IsOchAndNeys(string reference, double rate) =>
        Assert.Equal(rate, Alignment.ErrorRate([new(0, 0, 1), new(1, 1, 1)], reference), 12);

    [Fact]
    public void OfWords_TokensOfOneWord_AreOneLink()
    {
        AttributionResult result = new()
        {
            Method = "x",
            StepName = "probability",
            Targets = [Written("▁the", 0), Written("▁cat", 1), Written("s", 2), Written("</s>", 3)],
            Sides =
            [
                new() { Name = "source", Texts = ["les chats ."], GivenLength = 4,
                    Tokens = [new(1, "▁les", 0, 3), new(2, "▁ch", 3, 6), new(3, "ats", 6, 9), new(4, ".", 10, 11)],
                    Scores = [[9, 0, 0, 0], [0, 0, 5, 0], [0, 6, 0, 0], [1, 0, 0, 0]] },
                new() { Name = "target", Texts = ["the cats"], GivenLength = 1,
                    Tokens = [new(0, "<pad>", Text: -1, IsSpecial: true), new(5, "▁the", 0, 3), new(6, "▁cat", 3, 7), new(7, "s", 7, 8)],
                    Scores = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]] },
            ],
        };

        Assert.Equal("0-0 2-1 1-2", Alignment.Pharaoh(Alignment.Of(result)));
        Assert.Equal("0-0 1-1", Alignment.Pharaoh(Alignment.OfWords(result)));

        static ExplainedTarget Written(string label, int position) =>
            new() { Label = label, Position = position, Score = 0, Reach = [4, position + 1] };
    }

    [Fact]
    public void Metric_OfTheOwnLinks_IsZero()
    {
        ScoreFunction f = Attributions.Models.Function("marian", "probability");
        AttributionResult result = new InputXGradient().Attribute(f, new());
        var metric = new AlignmentErrorRate();

        double[] own = metric.Measure(new(f, new()) { GoldAlignment = Alignment.Pharaoh(Alignment.OfWords(result)) }, result,
            new InputXGradient());
        double[] none = metric.Measure(new(f, new()), result, new InputXGradient()),
            wrong = metric.Measure(new(f, new()) { GoldAlignment = "90-90" }, result, new InputXGradient());

        Assert.Equal([0, 0, 0], own);
        Assert.Equal([1, 1, 1], wrong);
        Assert.All(none, rate => Assert.True(double.IsNaN(rate)));
    }

    [Fact]
    public void Explain_AGoldAlignment_ShowsTheErrorRate()
    {
        string[] words = ["explain", "--ids", "5 6 7 0", "--model", GoldenFolder.Find("marian"), "--forced-ids", "8 11 12"];
        string links = Alignment.Pharaoh(AttributionJson.FromJson(CliRun.Of([.. words, "--json", "-"]).IsDone().Output).Alignment!);

        Assert.Contains("alignment error rate 0.0 %", CliRun.Of([.. words, "--gold-alignment", links]).IsDone().Output,
            StringComparison.Ordinal);
        Assert.Equal(1, AttributionJson.FromJson(CliRun.Of([.. words, "--gold-alignment", "80-80", "--json", "-"])
            .IsDone().Output).AlignmentErrorRate);
        CliRun.Of([.. words, "--gold-alignment", "x"]).IsRefused(ExitCode.Usage, "not a link");
        CliRun.Of([.. words, "--side", "source", "--gold-alignment", "0-0"]).IsRefused(ExitCode.Usage, "no translation");
    }

    [Theory]
    [InlineData("gpt2", "5 6 7")]
    [InlineData("marian", "5 6 7 0")]
    public void Explain_Summary_PutsTheRowsTogether(string golden, string ids)
    {
        string[] words = ["explain", "--ids", ids, "--model", GoldenFolder.Find(golden), "--forced-ids", "8 11 12", "--score",
            "log_probability", "--method", "input_x_gradient", "--json", "-"];
        AttributionResult Run(params string[] more) => AttributionJson.FromJson(CliRun.Of([.. words, .. more]).IsDone().Output);

        (AttributionResult all, AttributionResult sum, AttributionResult whole) =
            (Run(), Run("--summary", "sum"), Run("--sequence", "--summary", "sum"));

        int given = ids.Split(' ').Length;
        float[] expected = [.. Enumerable.Range(0, given).Select(p => all.Sides[0].Scores.Sum(row => row[p]))];
        Assert.Equal(expected, Assert.Single(sum.Sides).Scores[0].Zip(expected, (a, b) => Math.Abs(a - b) < 1e-6 ? b : a));
        Assert.Equal(sum.Sides[0].Scores[0], whole.Sides[0].Scores[0]);
        Assert.Equal((3, given), (sum.Targets[0].SequenceLength, sum.Sides[0].Tokens.Count));
        Assert.Equal(all.Targets.Sum(t => t.Score), sum.Targets[0].Score, 1e-5);
        Assert.Contains("→ ", CliRun.Of([.. words[..^2], "--summary", "mean", "--method", "saliency"]).IsDone().Output,
            StringComparison.Ordinal);
        using var model = new TinyModel();
        CliRun.Of(["explain", "a good movie", "--model", model.Path, "--method", "saliency", "--summary", "sum"])
            .IsRefused(ExitCode.Usage, "nothing was written");
    }
}
