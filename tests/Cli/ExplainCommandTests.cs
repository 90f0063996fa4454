using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary><c>vitrine explain</c> of one text, for every task that reads.</summary>
public sealed class ExplainCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Explain_AClassifier_ShowsLabelsAndTokens()
    {
        CliRun run = CliRun.Of(["explain", "a good movie", "--model", _model.Path]).IsDone();

        Assert.Contains("LABEL_0", run.Output, StringComparison.Ordinal);
        Assert.Contains("integrated_gradients → LABEL_", run.Output, StringComparison.Ordinal);
        Assert.Contains("  movie ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Fact]
    public void Explain_SameCommandTwice_SameBytes()
    {
        string[] words = ["explain", "a good movie", "--method", "saliency", "--method", "integrated_gradients", "--model", _model.Path];

        Assert.Equal(CliRun.Of(words).IsDone().Output, CliRun.Of(words).IsDone().Output);
    }

    [Fact]
    public void Explain_TextFromArgumentFileAndPipe_SayTheSame()
    {
        File.WriteAllText(Path.Combine(_model.Path, "text.txt"), "a good movie\n");
        string[] end = ["--model", _model.Path, "--steps", "4"];

        string argument = CliRun.Of(["explain", "a good movie", .. end]).IsDone().Output;

        Assert.Equal(argument, CliRun.Of(["explain", "--file", "text.txt", .. end], folder: _model.Path).IsDone().Output);
        Assert.Equal(argument, CliRun.Of(["explain", .. end], "a good movie\n").IsDone().Output);
        Assert.Equal(argument, CliRun.Of(["explain", "-", .. end], "\uFEFFa good movie\r\n").IsDone().Output);
    }

    [Fact]
    public void Explain_Files_AreWrittenWholeAndTheScreenToo()
    {
        CliRun run = CliRun.Of(
            ["explain", "a good movie", "--model", _model.Path, "--html", "out.html", "--svg", "out.svg", "--json", "out.json", "--steps",
                "4"], folder: _model.Path).IsDone();

        Assert.NotEqual("", run.Output);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(Path.Combine(_model.Path, "out.html")), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(_model.Path, "out.svg")), StringComparison.Ordinal);
        AttributionResult read = AttributionJson.FromJson(File.ReadAllText(Path.Combine(_model.Path, "out.json")));
        Assert.Equal("integrated_gradients", read.Method);
        Assert.Empty(Directory.EnumerateFiles(_model.Path, "*.part"));
    }

    [Fact]
    public void Explain_JsonToStandardOutput_IsJsonAlone()
    {
        CliRun run = CliRun.Of(["explain", "a good movie", "--model", _model.Path, "--json", "-", "--method", "saliency", "--method",
            "input_x_gradient"]).IsDone();

        using JsonDocument document = JsonDocument.Parse(run.Output);
        Assert.Equal(2, document.RootElement.GetArrayLength());
    }

    [Fact]
    public void Explain_TargetAll_ExplainsEveryLabel()
    {
        CliRun run = CliRun.Of(["explain", "a good movie", "--model", _model.Path, "--target", "all", "--method", "saliency"]).IsDone();

        Assert.Contains("saliency → 2 targets (logit)", run.Output, StringComparison.Ordinal);
        Assert.Matches("\n  +LABEL_0  LABEL_1\n", run.Output);
        Assert.Equal(2, run.Output.Split("  movie ").Length); // one table
    }

    [Fact]
    public void Explain_AQuestion_NamesAnAnswerOfTheContext()
    {
        using var reader = new TinyModel("bert_qa");

        CliRun run = CliRun.Of(["explain", "who wrote it?", "--context", "it was by ada.", "--model", reader.Path, "--steps", "4"])
            .IsDone();

        Assert.Equal(2, run.Output.Split(" → ").Length); // one target
        CliRun parts = CliRun.Of(["explain", "who wrote it?", "--context", "it was by ada.", "--target", "start", "--target", "end",
            "--model", reader.Path, "--method", "saliency"]).IsDone();
        Assert.Contains("saliency → 2 targets (logit)", parts.Output, StringComparison.Ordinal);
        Assert.Matches("  start [0-9]+  +end [0-9]+\n", parts.Output);
        CliRun forced = CliRun.Of(["explain", "who wrote it?", "--context", "it was by ada.", "--target", "ada", "--model", reader.Path,
            "--steps", "4"]).IsDone();
        Assert.Contains("answer ada", forced.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_AMask_ExplainsTheWord()
    {
        using var filler = new TinyModel("bert_mlm");

        CliRun run = CliRun.Of(["explain", "a good [MASK]", "--target", "movie", "--model", filler.Path, "--steps", "4"]).IsDone();

        Assert.Contains("→ movie (logit)", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_AContrast_NamesBoth()
    {
        using var filler = new TinyModel("bert_mlm");
        using var reader = new TinyModel("bert_qa");

        string label = CliRun.Of(["explain", "a good movie", "--target", "LABEL_0", "--contrast", "label_1", "--steps", "4", "--model",
            _model.Path]).IsDone().Output;
        string word = CliRun.Of(["explain", "a good [MASK]", "--target", "movie", "--contrast", "ada", "--steps", "4", "--model",
            filler.Path]).IsDone().Output;
        string answer = CliRun.Of(["explain", "who?", "--context", "it was ada.", "--target", "ada", "--contrast", "it", "--steps", "4",
            "--model", reader.Path]).IsDone().Output;
        string other = CliRun.Of(["explain", "a good movie", "--contrast-input", "a bad movie", "--method", "saliency", "--step-score",
            "kl_divergence", "--model", _model.Path]).IsDone().Output;

        Assert.Contains("→ LABEL_0 (not LABEL_1) (contrast_logits_diff)", label, StringComparison.Ordinal);
        Assert.Contains("→ movie (not ada) (contrast_logits_diff)", word, StringComparison.Ordinal);
        Assert.Contains("→ ada (not it) (contrast_logits_diff)", answer, StringComparison.Ordinal);
        Assert.Contains("(pcxmi)", other, StringComparison.Ordinal);
        Assert.Contains("kl_divergence ", other, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("words", "integrated_gradients")]
    [InlineData("sentences", "shapley_values")]
    [InlineData("regex:good movie", "feature_ablation")]
    [InlineData("template:a {what}.", "saliency")]
    public void Explain_Groups_AreShownAsOne(string groups, string method)
    {
        CliRun run = CliRun.Of(["explain", "a good movie.", "--groups", groups, "--method", method, "--steps", "4", "--model", _model.Path])
            .IsDone();

        Assert.Contains(groups switch { "words" => "  movie ", "sentences" => "  a good movie. ", _ => "  good movie " }, run.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_SlotsWithOtherTexts_ShowsSlotsInTheirText()
    {
        using var folder = new TempFolder();
        string html = Path.Combine(folder.Path, "slots.html");

        CliRun run = CliRun.Of(["explain", "a good movie.", "--groups", "template:a {what} {thing}.", "--absent", "what=very bad",
            "--method", "kernel_shap", "--html", html, "--model", _model.Path]).IsDone();

        Assert.Contains("gap 0", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"a <span[^>]*>good</span> <span[^>]*>movie</span>\.</div>", File.ReadAllText(html));
        CliRun.Of(["explain", "a good movie.", "--groups", "template:a {what}.", "--absent", "what", "--model", _model.Path])
            .IsRefused(ExitCode.Usage, "name=text");
        CliRun.Of(["explain", "a good movie.", "--groups", "template:a {what}.", "--absent", "who=x", "--model", _model.Path])
            .IsRefused(ExitCode.Usage, "no such slot");
    }

    [Theory]
    [InlineData("layer_integrated_gradients", "--hook", "blocks.0.hook_mlp_out")]
    [InlineData("neuron_gradient", "--hook", "blocks.0.mlp.hook_post", "--neuron", "1,5")]
    [InlineData("attention", "--layers", "0", "--heads", "0,1")]
    [InlineData("occlusion", "--window", "2", "--stride", "1")]
    [InlineData("kernel_shap", "--samples", "20")]
    [InlineData("smoothgrad", "--around", "input_x_gradient", "--noise", "0.1", "--samples", "2")]
    public void Explain_ParametersOfAMethod_AreUsed(string method, params string[] options) =>
        Assert.Contains(method + " → ",
            CliRun.Of(["explain", "a good movie", "--method", method, "--steps", "4", "--model", _model.Path, .. options]).IsDone().Output,
                StringComparison.Ordinal);
}
