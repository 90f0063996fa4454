using Vitrine.Attributions;
using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class FindingsTests
{
    private static readonly AttributionResult s_plain = Results.Of("plain", "[CLS] the film sparkles .", 0, 0.1f, 0.4f, 0.5f,
        0) with
    { SumsTo = null };

    [Theory]
    [InlineData("special_tokens", 0.6, new[] { 6f, 0, 2, 2, 0 })]
    [InlineData("punctuation", 0.5, new[] { 0f, 0, 1, 1, -2 })]
    [InlineData("function_words", 0.75, new[] { 0f, 3, 0.5f, 0.5f, 0 })]
    [InlineData("no_signal", 1, new[] { 0f, 0, 0, 0, 0 })]
    public void Of_ScoresInTheWrongPlace_WarnsWithTheShare(string name, double value, float[] scores)
    {
        AttributionResult odd = Results.Of("odd", "[CLS] the film sparkles .", scores);

        Finding finding = Find([s_plain, odd], name);

        Assert.True(finding.IsWarning);
        Assert.False(finding.Rows[0].IsOver);
        Assert.Equal(value, finding.Rows[1].Value, 1e-6);
        Assert.Contains("odd", finding.Outcome, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_PlainScores_WarnsOfNothing() => Assert.All(
        Findings.Of([new("a", [s_plain with { Targets = [s_plain.Targets[0] with { Delta = 0.001 }] }])]),
        finding => Assert.False(finding.IsWarning, finding.Name));

    [Fact]
    public void Of_AGapOfASixth_Warns() =>
        Assert.Equal(0.125 / 0.75, Assert.Single(Find([s_plain], "completeness").Rows).Value, 1e-9); // Δ 0.125, f 1, baseline 0.25

    [Fact]
    public void Of_AnExplainedProbabilityAbove99Percent_IsSaturated()
    {
        AttributionResult sure = s_plain with { StepName = "probability", Targets = [s_plain.Targets[0] with { Probability = 0.999 }] };

        Assert.True(Find([sure], "saturation").IsWarning);
        Assert.False(Find([sure with { Targets = s_plain.Targets }], "saturation").IsWarning);
        Assert.DoesNotContain(Findings.Of([new("a", [sure with { StepName = "logit" }])]), finding => finding.Name == "saturation");
    }

    [Fact]
    public void Of_OppositeRankings_Disagree()
    {
        AttributionResult other = Results.Of("other", "[CLS] the film sparkles .", 0, 0.5f, 0.4f, 0.1f, 0.6f);

        Assert.Equal(-1, Assert.Single(Find([s_plain, other], "disagreement").Rows).Value, 1e-9); // .1 .4 .5 0 against .5 .4 .1 .6
        Assert.False(Find([s_plain, s_plain with { Method = "same" }], "disagreement").IsWarning);
    }

    [Fact]
    public void Of_AMethodThatDoesNotBeatRandom_IsUnfaithful()
    {
        var board = new Scoreboard(["good", "bad", "random"], [new Comprehensiveness(), new Sufficiency()]);
        board.Add([[0.5, 0.1], [0.1, 0.4], [0.1, 0.4]]);
        board.Add([[0.6, 0.1], [0.2, 0.5], [0.1, 0.4]]);
        board.Add([[0.5, 0.1], [0.0, 0.4], [0.1, 0.4]]);

        foreach (Finding finding in Findings.Of([new("a", [s_plain])], board)
            .Where(f => f.Name.StartsWith("unfaithful", StringComparison.Ordinal)))
        {
            Assert.Equal(["good", "bad"], finding.Rows.Select(row => row.Label));
            Assert.Equal([false, true], finding.Rows.Select(row => row.IsOver));
        }
    }

    [Fact]
    public void TopWords_OverTexts_AddUpNormalisedScores()
    {
        Analysis[] analyses =
        [
            new("a", [Results.Of("m", "[CLS] Good film .", 0, 3, 1, 0), Results.Of("n", "[CLS] Good film .", 0, 1, 1, 0)]),
            new("b", [Results.Of("m", "[CLS] bad film .", 0, -2, 2, 0), Results.Of("n", "[CLS] bad film .", 0, -2, 2, 0)]),
        ];

        IReadOnlyList<TokenTotal> words = TokenTotals.Of(analyses, "yes", 10);

        Assert.Equal(["film", "good", "bad"], words.Select(w => w.Word));
        Assert.Equal([0.875, 0.625, -0.5], words.Select(w => w.Total), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal([2, 1, 1], words.Select(w => w.Texts));
        Assert.Empty(TokenTotals.Of(analyses, "no", 10));
    }

    [Fact]
    public void Report_HostileTexts_AreEscapedEverywhere()
    {
        AttributionResult hostile = Results.Of("m", "<script>alert(1)</script> | \u001b[31m", 1, 2, 3);
        var dossier = new Dossier
        {
            Title = "<b>|",
            Facts = new Dictionary<string, string> { ["x"] = "</p>" },
            Tally = Tally.Of([new("<img src=x>", [hostile])])
        };

        string html = DossierView.Html(dossier), markdown = DossierView.Markdown(dossier);

        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html + markdown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', html + markdown);
        Assert.DoesNotContain("<script>", markdown, StringComparison.Ordinal);
    }

    private static Finding Find(AttributionResult[] results, string name) =>
        Findings.Of([new("text", results)]).Single(finding => finding.Name == name);
}
