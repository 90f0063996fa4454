using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Evaluate_RowsOfAFile_RanksMethodsInEveryFormat()
    {
        _model.Write("rows.jsonl", """
            {"text": "a good movie", "rationale": ["good"]}
            not json
            {"text": "the bad movie wrote it", "rationale": [[4, 7]]}
            {"words": "no text"}
            """);

        CliRun run = Run("--input", "rows.jsonl", "--method", "feature_ablation,random", "--html", "out.html", "--markdown", "out.md", "--json", "out.json");

        Assert.Equal(ExitCode.Success, run.Code);
        Assert.Contains("row 2 skipped: row: not JSON", run.Error, StringComparison.Ordinal);
        Assert.Contains("row 4 skipped: row: no text", run.Error, StringComparison.Ordinal);
        Assert.Contains("2 texts", run.Output, StringComparison.Ordinal);
        Assert.Contains("plausibility_auprc", run.Output, StringComparison.Ordinal);
        Assert.Contains("<svg", Read("out.html"), StringComparison.Ordinal);
        Assert.Contains("| feature\\_ablation |", Read("out.md"), StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Read("out.json"));
        Assert.Equal("vitrine.evaluation", json.RootElement.GetProperty("format").GetString());
        JsonElement best = json.RootElement.GetProperty("methods")[0];
        Assert.Equal(2, best.GetProperty("scores").GetProperty("comprehensiveness").GetProperty("count").GetInt32());
    }

    [Fact]
    public void Evaluate_OneText_EveryMetric()
    {
        CliRun run = Run("a good movie", "--method", "saliency", "--metric", "all").IsDone();

        Assert.All(Metrics.All.Where(metric => metric is not (Plausibility or AlignmentErrorRate)), metric => Assert.Contains(metric.Name, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void Evaluate_SameSeed_SameBytes() => Assert.Equal(
        Run("a good movie", "--method", "saliency,random", "--metric", "infidelity,soft_nc,sensitivity_max").IsDone().Output,
        Run("a good movie", "--method", "saliency,random", "--metric", "infidelity,soft_nc,sensitivity_max").IsDone().Output);

    [Fact]
    public void Evaluate_WhatCannotBe_IsRefused()
    {
        _model.Write("bad.jsonl", "{}\n[]\n");
        Run("--input", "bad.jsonl").IsRefused(ExitCode.Input, "no row could be used", "row 1");
        Run("--input", "none.csv").IsRefused(ExitCode.Input, "none.csv");
        Run("a good movie", "--metric", "comprehensivness").IsRefused(ExitCode.Usage, "metric: no such name", "comprehensiveness");
        Run("a good movie", "--limit", "0").IsRefused(ExitCode.Usage, "limit");
        CliRun.Of(["evaluate", "a good movie", "--model", _model.Path], interrupted: true).IsRefused(ExitCode.Cancelled, "cancelled");
    }

    private CliRun Run(params string[] words) => CliRun.Of(["evaluate", .. words, "--model", _model.Path], folder: _model.Path);

    private string Read(string name) => File.ReadAllText(Path.Combine(_model.Path, name));
}
