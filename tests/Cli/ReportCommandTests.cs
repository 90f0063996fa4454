using System.Text.Json;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests;

public sealed class ReportCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Report_OnRows_HasFindingsMethodsWordsAndMetricsInEveryFormat()
    {
        _model.Write("rows.txt", "a good movie\nthe bad movie wrote it\nit was good\n");

        CliRun run = CliRun.Of(
            ["report", "--input", "rows.txt", "--method", "integrated_gradients,saliency,random", "--model", _model.Path, "--html",
                "out.html", "--markdown", "out.md", "--json", "out.json"],
            folder: _model.Path).IsDone();

        string html = Read("out.html"), markdown = Read("out.md");
        Assert.Contains("from ", run.Output, StringComparison.Ordinal);
        Assert.All((string[])["Words that matter", "Which method explains best?", "Do methods disagree?"], part =>
            Assert.Contains(part, html, StringComparison.Ordinal));
        Assert.All((string[])["## Methods", "## Words that matter", "## Which method explains best?", "## Texts"], part =>
            Assert.Contains(part, markdown, StringComparison.Ordinal));
        Assert.DoesNotContain("http", html.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal)
            .Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Read("out.json"));
        Assert.Equal("vitrine.report", json.RootElement.GetProperty("format").GetString());
        Assert.Equal(3, json.RootElement.GetProperty("analyses").GetArrayLength());
        Assert.Equal(3, json.RootElement.GetProperty("evaluation").GetProperty("texts").GetInt32());
    }

    [Fact]
    public void Report_OnSavedResults_NeedsNoModel()
    {
        CliRun.Of(["explain", "a good movie", "--model", _model.Path, "--method", "saliency,input_x_gradient", "--json", "a.json"],
            folder: _model.Path).IsDone();
        CliRun.Of(["explain", "a bad movie", "--model", _model.Path, "--method", "saliency", "--json", "b.json"], folder: _model.Path)
            .IsDone();

        CliRun run = CliRun.Of(["report", "--from", "a.json", "--from", "b.json", "--markdown", "-"], folder: _model.Path).IsDone();

        Assert.Contains("texts 2", run.Output, StringComparison.Ordinal);
        Assert.Contains("| saliency | 2 |", run.Output, StringComparison.Ordinal);
        CliRun.Of(["report", "--from", "none.json"], folder: _model.Path).IsRefused(ExitCode.Input, "none.json");
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(_model.Path, name));
}
