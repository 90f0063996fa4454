using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
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

        CliRun run = Run("--input", "rows.jsonl", "--method", "feature_ablation,random", "--html", "out.html", "--markdown", "out.md",
            "--json", "out.json");

        Assert.Equal(ExitCode.Success, run.Code);
        Assert.Contains("row 2 skipped: not JSON", run.Error, StringComparison.Ordinal);
        Assert.Contains("row 4 skipped: no text", run.Error, StringComparison.Ordinal);
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
    public void Evaluate_Output_HasEveryNumberBehindTheTable()
    {
        _model.Write("rows.jsonl",
            "{\"text\": \"a good movie\", \"id\": \"x\"}\nnot json\n{\"text\": \"the bad movie wrote it\", \"target\": [\"0\", \"1\"]}\n");

        Run("--input", "rows.jsonl", "--method", "saliency,random", "--metric", "comprehensiveness,tau_loo", "--output", "numbers.jsonl",
            "--json", "table.json");

        JsonElement[] lines = [.. File.ReadLines(Path.Combine(_model.Path, "numbers.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal("vitrine.measurements", lines[0].GetProperty("format").GetString());
        Assert.Equal(["1 saliency comprehensiveness", "1 saliency tau_loo", "1 random comprehensiveness", "1 random tau_loo"], lines[1..5]
            .Select(Named));
        Assert.Equal("x", lines[1].GetProperty("id").GetString());
        Assert.Contains("not JSON", lines[5].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal([3, 3, 3, 3], lines[6..].Select(line => line.GetProperty("row").GetInt32()));
        Assert.Equal(2, lines[6].GetProperty("targets").GetArrayLength());
        Assert.Equal(lines[6].GetProperty("targets").EnumerateArray().Average(value => value.GetDouble()), lines[6].GetProperty("value")
            .GetDouble(), 1e-12);
        JsonElement saliency = JsonDocument.Parse(Read("table.json")).RootElement.GetProperty("methods").EnumerateArray()
            .Single(m => m.GetProperty("method").GetString() == "saliency");
        Assert.Equal(
            (lines[1].GetProperty("value").GetDouble() + lines[6].GetProperty("value").GetDouble()) / 2,
            saliency.GetProperty("scores").GetProperty("comprehensiveness").GetProperty("mean").GetDouble(), 1e-12);
    }

    [Fact]
    public void Evaluate_OutputCutOffAnywhere_GoesOnToTheSameBytesAndTheSameTable()
    {
        using var folder = new TempFolder(); // not the model's: its files are part of the job
        File.WriteAllText(folder.File("rows.csv"), "id,text\n1,good movie\n2,\n3,a movie\n");
        CliRun Numbers(string to) => CliRun.Of(
            ["evaluate", "--model", _model.Path, "--input", "rows.csv", "--method", "saliency,random", "--metric",
                "comprehensiveness,tau_loo", "--output", to, "--csv-texts", to + ".csv"], folder: folder.Path);
        CliRun first = Numbers("whole.jsonl");
        byte[] whole = File.ReadAllBytes(folder.File("whole.jsonl"));

        foreach (int length in Enumerable.Range(0, whole.Length).Where(i => i % 97 == 0 || whole[i] == '\n').Append(whole.Length))
        {
            File.WriteAllBytes(folder.File("cut.jsonl"), whole[..length]);

            Assert.Equal(first.Output, Numbers("cut.jsonl").Output);
            Assert.Equal(whole, File.ReadAllBytes(folder.File("cut.jsonl")));
            Assert.Equal(File.ReadAllText(folder.File("whole.jsonl.csv")), File.ReadAllText(folder.File("cut.jsonl.csv")));
        }
        File.AppendAllText(folder.File("rows.csv"), "4,bad\n");
        Numbers("cut.jsonl").IsRefused(ExitCode.Output, "another job");
        Run("good", "--output", "cut.jsonl").IsRefused(ExitCode.Usage, "--input");
    }

    [Fact]
    public void Evaluate_OutputToStandardOutput_IsTheLinesAlone()
    {
        _model.Write("rows.txt", "good movie\n");

        CliRun run = Run("--input", "rows.txt", "--method", "saliency,random", "--metric", "tau_loo", "--output", "-").IsDone();

        Assert.Equal(["1 saliency tau_loo", "1 random tau_loo"], run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Named(JsonDocument.Parse(line).RootElement)));
        Run("--input", "rows.txt", "--output", "-", "--json", "-").IsRefused(ExitCode.Usage, "standard output");
    }

    [Fact]
    public void Evaluate_Ids_ScoreAsTheirText()
    {
        _model.Write("rows.jsonl", """
            {"text": "a good movie"}
            {"ids": [2, 8, 5, 7, 3]}
            {"ids": "2 8 5 7 3"}
            {"ids": "100000"}
            """);
        using var bare = new TinyModel(tokenizer: false);

        CliRun run = Run("--input", "rows.jsonl", "--output", "-", "--method", "feature_ablation", "--metric", "comprehensiveness");

        double[] values = [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipLast(1)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("value").GetDouble())];
        Assert.Equal([values[0], values[0], values[0]], values);
        Assert.Contains("row 4 skipped: ids: not a token", run.Error, StringComparison.Ordinal);
        foreach (string command in (string[])["evaluate", "report"])
        {
            Assert.Contains("random",
                CliRun.Of([command, "--ids", "2 8 5 7 3", "--model", bare.Path, "--method", "saliency,random", "--metric", "tau_loo"])
                    .IsDone().Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Evaluate_OneText_EveryMetric()
    {
        CliRun run = Run("a good movie", "--method", "saliency", "--metric", "all").IsDone();

        Assert.All(Metrics.All.Where(metric => metric is not (Plausibility or AlignmentErrorRate)), metric =>
            Assert.Contains(metric.Name, run.Output, StringComparison.Ordinal));
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

    private static string Named(JsonElement line) => $"{line.GetProperty("row")} {line.GetProperty("method")} {line.GetProperty("metric")}";

    private CliRun Run(params string[] words) => CliRun.Of(["evaluate", .. words, "--model", _model.Path], folder: _model.Path);

    private string Read(string name) => File.ReadAllText(Path.Combine(_model.Path, name));
}
