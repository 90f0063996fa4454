using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary><c>explain</c>, <c>generate</c> and <c>translate</c> with models that write.</summary>
public sealed class WrittenTextCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("gpt2", "5 6 7", "8 9 4")]
    [InlineData("marian", "5 6 7 0", "8 9 4")]
    public void Explain_AContrastiveContinuation_LeavesOutWhatIsTheSame(string golden, string ids, string contrast)
    {
        string[] words = ["explain", "--ids", ids, "--model", GoldenFolder.Find(golden), "--forced-ids", "8 11 12 13"];

        CliRun run = CliRun.Of([.. words, "--contrast", contrast, "--step-score", "entropy", "--step-score", "contrast_prob"]).IsDone();

        Assert.Contains("→ 2 tokens (contrast_prob_diff)", run.Output, StringComparison.Ordinal);
        Assert.Contains("#11 (not #9)", run.Output, StringComparison.Ordinal);
        Assert.Contains("entropy", run.Output, StringComparison.Ordinal);
        CliRun.Of([.. words, "--contrast", "8 11 12 13"]).IsRefused(ExitCode.Input, "no token differs");
        CliRun.Of([.. words, "--contrast", contrast, "--contrast-align", "9-9"]).IsRefused(ExitCode.Usage, "not a pair of positions");
        Assert.Contains("→ 1 token", CliRun.Of([.. words, "--contrast", "8 12 13", "--contrast-align", "1-2"]).IsDone().Output,
            StringComparison.Ordinal);
        Assert.Contains("(sequence_log_probability)", CliRun.Of([.. words, "--score", "sequence_log_probability"]).IsDone().Output,
            StringComparison.Ordinal);
        Assert.Contains("(kl_divergence)", CliRun.Of([.. words, "--score", "kl_divergence", "--contrast-input", ids.Replace('5', '9')])
            .IsDone().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_OneSideOfATranslation_ShowsThatSide()
    {
        string[] words = ["explain", "--ids", "5 6 7 0", "--model", GoldenFolder.Find("marian"), "--forced-ids", "8 11 12", "--json", "-",
            "--side"];

        Assert.Equal("source", Assert.Single(AttributionJson.FromJson(CliRun.Of([.. words, "source"]).IsDone().Output).Sides).Name);
        Assert.Equal("target", Assert.Single(AttributionJson.FromJson(CliRun.Of([.. words, "target"]).IsDone().Output).Sides).Name);
    }

    [Theory]
    [InlineData("gpt2", "5 6 7", "9 3")]
    [InlineData("marian", "5 6 7 0", "9 3")]
    public void Explain_AContext_SaysWhatDependsOnIt(string golden, string ids, string context)
    {
        using var folder = new TempFolder();
        string[] words = ["explain", "--ids", ids, "--context", context, "--model", GoldenFolder.Find(golden), "--forced-ids",
            "8 11 12 13"];

        CliRun run = CliRun.Of([.. words, "--output-context", "4 4", "--context-score", "pcxmi", "--context-threshold=-5", "--html",
            "out.html"], folder: folder.Path).IsDone();

        Assert.Contains("Which written tokens depend on the context?", run.Output, StringComparison.Ordinal);
        Assert.Contains("▸", run.Output, StringComparison.Ordinal);
        Assert.Contains("Which tokens of the context do they come from?", File.ReadAllText(folder.File("out.html")),
            StringComparison.Ordinal);
        using JsonDocument document =
            JsonDocument.Parse(CliRun.Of([.. words, "--method", "integrated_gradients", "--steps", "4", "--json", "-"]).IsDone().Output);
        Assert.Equal("vitrine.context", document.RootElement.GetProperty("format").GetString());
        CliRun.Of([.. words, "--context-score", "entropy"]).IsRefused(ExitCode.Usage, "compares with nothing", "kl_divergence");
        CliRun.Of([.. words, "--contrast", "9"]).IsRefused(ExitCode.Usage, "--contrast");
        CliRun.Of([.. words, "--method", "saliency", "--method", "deeplift"]).IsRefused(ExitCode.Usage, "several methods");
    }

    [Theory]
    [InlineData("gpt2", "5 6 7")]
    [InlineData("llama", "5 6 7")]
    [InlineData("marian", "5 6 7 0")]
    public void Explain_WrittenText_ShowsAMatrix(string golden, string ids)
    {
        string folder = GoldenFolder.Find(golden);

        CliRun own = CliRun.Of(["explain", "--ids", ids, "--model", folder, "--max-new-tokens", "3"]).IsDone();
        CliRun forced = CliRun.Of(["explain", "--ids", ids, "--model", folder, "--forced-ids", "8 9", "--target", "1"]).IsDone();

        Assert.Contains("input_x_gradient → ", own.Output, StringComparison.Ordinal);
        Assert.Contains("tokens (probability)", own.Output, StringComparison.Ordinal);
        Assert.Contains("#9", forced.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("generate", "gpt2", "5 6 7")]
    [InlineData("translate", "marian", "5 6 7 0")]
    public void Writing_WithScores_ListsTheTokens(string command, string golden, string ids)
    {
        CliRun run = CliRun.Of([command, "--ids", ids, "--model", GoldenFolder.Find(golden), "--max-new-tokens", "3", "--scores"]).IsDone();

        Assert.Contains("probability", run.Output, StringComparison.Ordinal);
        Assert.Contains(" %", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_WithTheWrongModel_IsRefused() =>
        CliRun.Of(["generate", "good", "--model", _model.Path])
            .IsRefused(ExitCode.Usage, "BertForSequenceClassification", "GPT-2 or Llama");
}
