using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests;

public sealed class CombineCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Explain_SeveralMethodsCombined_RanksTokensAndShowsAgreement()
    {
        CliRun run = Run("explain", "a good movie", "--method", "saliency,input_x_gradient", "--combine", "average", "--top", "2",
            "--json", "out.json", "--html", "out.html");

        Assert.Contains("average → LABEL_", run.Output, StringComparison.Ordinal);
        Assert.Contains("Strongest tokens: average of saliency, input_x_gradient", run.Output, StringComparison.Ordinal);
        Assert.Contains("saliency · input_x_gradient", run.Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Read("out.json"));
        Assert.Equal("vitrine.combination", json.RootElement.GetProperty("format").GetString());
        Assert.Equal(2, json.RootElement.GetProperty("top").GetArrayLength());
        Assert.Contains("Do the methods agree?", Read("out.html"), StringComparison.Ordinal);
    }

    [Fact]
    public void Combine_SavedResults_SaysWhatExplainSays()
    {
        Run("explain", "a good movie", "--method", "saliency,input_x_gradient", "--json", "both.json");
        Run("explain", "a good movie", "--method", "saliency,input_x_gradient", "--combine", "max", "--json", "direct.json");

        CliRun.Of(["combine", "both.json", "--combine", "max", "--json", "combined.json"], folder: _model.Path).IsDone();

        Assert.Equal(Combined("direct.json"), Combined("combined.json"));
    }

    [Fact]
    public void Combine_Difference_OfTwoTexts()
    {
        Run("explain", "a good movie", "--method", "saliency", "--json", "good.json");
        Run("explain", "a bad movie", "--method", "saliency", "--json", "bad.json");

        CliRun run = CliRun.Of(["combine", "good.json", "bad.json", "--difference"], folder: _model.Path).IsDone();

        Assert.Contains("good → bad", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_Words_MergesPieces()
    {
        AttributionResult words = Explained("words.json", "--words", "sum", "--normalize", "l1");

        Assert.Equal(["[CLS]", "a", "good", "filmed", "movie", "[SEP]"], words.Sides[0].Tokens.Select(t => t.Piece));
        Assert.Equal(1, words.Sides[0].Scores[0].Sum(MathF.Abs), 1e-5);
        Assert.Single(Explained("only.json", "--only", "good").Sides[0].Tokens);
        Assert.Equal(4, Explained("span.json", "--span", "good filmed movie").Sides[0].Tokens.Count);
    }

    [Theory]
    [InlineData("--combine", "averge", "combination: no such name")]
    [InlineData("--words", "summ", "aggregator: no such name")]
    [InlineData("--normalize", "l2", "normalize: no such scale")]
    [InlineData("--only", "film noir", "span: the text does not contain it")]
    [InlineData("--combine", "max", "combine: nothing to combine")]
    public void Explain_WhatCannotBe_IsRefused(string option, string value, string message) =>
        CliRun.Of(["explain", "a good movie", "--model", _model.Path, "--method", "saliency", option, value])
            .IsRefused(ExitCode.Usage, message);

    [Fact]
    public void Combine_OneResult_IsRefused()
    {
        Run("explain", "a good movie", "--method", "saliency", "--json", "one.json");

        CliRun.Of(["combine", "one.json"], folder: _model.Path).IsRefused(ExitCode.Input, "nothing to combine");
        CliRun.Of(["combine", "none.json"], folder: _model.Path).IsRefused(ExitCode.Input, "none.json");
    }

    private CliRun Run(params string[] words) => CliRun.Of([.. words, "--model", _model.Path], folder: _model.Path).IsDone();

    private string Read(string name) => File.ReadAllText(Path.Combine(_model.Path, name));

    private AttributionResult Explained(string name, params string[] options)
    {
        Run(["explain", "a good filmed movie", "--method", "input_x_gradient", "--json", name, .. options]);
        return AttributionJson.FromJson(Read(name));
    }

    private string Combined(string name)
    {
        using JsonDocument json = JsonDocument.Parse(Read(name));
        return json.RootElement.GetProperty("combined").GetRawText();
    }
}
