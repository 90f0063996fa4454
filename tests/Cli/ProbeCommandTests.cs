using System.Text.Json;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests;

/// <summary><c>vitrine probe</c> as a user types it.</summary>
public class ProbeCommandTests
{
    [Fact]
    public void Probe_Labels_TableChartMapAndJsonAgree()
    {
        using var model = new TinyModel();
        File.WriteAllLines(Path.Combine(model.Path, "data.jsonl"), Enumerable.Range(0, 60).Select(i =>
            $$"""{"text": "a {{(i % 2 == 0 ? "good" : "bad")}} movie by {{(char)('a' + (i % 26))}} {{(char)('a' + (i / 3))}}", "label": {{(i % 2 == 0 ? "true" : "false")}}}"""));

        CliRun run = CliRun.Of(["probe", "--model", model.Path, "--data", "data.jsonl", "--probe", "logistic,centroid", "--c", "100",
            "--svg", "a.svg", "--heatmap", "m.svg", "--json", "a.json"], folder: model.Path).IsDone();

        JsonElement json = JsonDocument.Parse(File.ReadAllText(Path.Combine(model.Path, "a.json"))).RootElement;
        JsonElement first = json.GetProperty("scores")[0];
        Assert.Equal("blocks.0.hook_resid_pre", first.GetProperty("hook").GetString());
        Assert.Equal(["false", "true"], json.GetProperty("classes").EnumerateArray().Select(c => c.GetString()));
        Assert.True(first.GetProperty("accuracy").GetProperty("low").GetDouble() <= first.GetProperty("accuracy").GetProperty("value")
            .GetDouble());
        Assert.Contains("selectivity", run.Output, StringComparison.Ordinal);
        Assert.Contains("centroid, control task", File.ReadAllText(Path.Combine(model.Path, "a.svg")), StringComparison.Ordinal);
        // [CLS] a good
        Assert.Contains("position 2: 100.0 %", File.ReadAllText(Path.Combine(model.Path, "m.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void Probe_NothingGiven_TheReaderOverMadeUpStoriesKnowsMoreInEveryBlock()
    {
        CliRun run = CliRun.Of(["probe", "--limit", "300", "--no-control", "--probe", "logistic", "--json", "-"],
            folder: AppContext.BaseDirectory).IsDone();

        JsonElement json = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("reader, made-up places, token",
            string.Join(", ", ((string[])["model", "data", "pool"]).Select(name => json.GetProperty(name).GetString())));
        double[] accuracy = [.. json.GetProperty("scores").EnumerateArray()
            .Select(s => s.GetProperty("accuracy").GetProperty("value").GetDouble())];
        Assert.Equal(accuracy.Order(), accuracy);
        Assert.True(accuracy[^1] > accuracy[0] + 0.2, string.Join(", ", accuracy));
    }

    [Fact]
    public void Probe_Interrupted_StopsAndWritesNothing()
    {
        using var model = new TinyModel();
        File.WriteAllLines(Path.Combine(model.Path, "good.jsonl"), Enumerable.Range(0, 40).Select(i => $$"""{"text": "movie {{(char)('a' + (i % 26))}} {{i / 26}}", "label": {{i % 2}}}"""));

        CliRun run = CliRun.Of(["probe", "--model", model.Path, "--data", "good.jsonl", "--json", "a.json"], folder: model.Path,
            interrupted: true);

        Assert.Equal(ExitCode.Cancelled, run.Code);
        Assert.False(File.Exists(Path.Combine(model.Path, "a.json")));
    }

    [Fact]
    public void Probe_WhatCannotBe_IsRefusedInOneLine()
    {
        using var model = new TinyModel();
        File.WriteAllText(Path.Combine(model.Path, "empty.jsonl"), "");
        File.WriteAllText(Path.Combine(model.Path, "bare.jsonl"), "{\"text\": \"a movie\"}\n");
        File.WriteAllText(Path.Combine(model.Path, "torn.jsonl"), "{\"tokens\": [\"a\", \"b\"], \"labels\": [\"x\"]}\n");
        File.WriteAllLines(Path.Combine(model.Path, "good.jsonl"), Enumerable.Range(0, 40).Select(i => $$"""{"text": "movie {{(char)('a' + (i % 26))}} {{i / 26}}", "label": {{i % 2}}}"""));

        Refused(ExitCode.Usage, "empty file", "probe", "--data", "empty.jsonl");
        Refused(ExitCode.Usage, "data: line 1 of ", "probe", "--data", "bare.jsonl");
        Refused(ExitCode.Usage, "expected a label for each of 2", "probe", "--data", "torn.jsonl");
        Refused(ExitCode.Usage, "mean, first, last, token", "probe", "--data", "good.jsonl", "--pool", "max");
        Refused(ExitCode.Usage, "blocks.0.hook_resid_post", "probe", "--data", "good.jsonl", "--hook", "blocks.0.resid_post");
        Refused(ExitCode.Usage, "linear", "probe", "--data", "good.jsonl", "--probe", "svm");

        void Refused(ExitCode code, string part, params string[] words) =>
            CliRun.Of([.. words, "--model", model.Path], folder: model.Path).IsRefused(code, part);
    }
}
