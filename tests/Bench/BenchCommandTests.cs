using System.Text.Json;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>The benchmarks' command line: <c>ops</c>, <c>compare</c>, <c>model</c>.</summary>
public sealed class BenchCommandTests
{
    [Fact]
    public void BenchOps_OfOneOp_ReportsItsSizes() =>
        Assert.Contains("gather", CliRun.OfBench(["ops", "gather", "--reps", "2"]).IsDone().Output, StringComparison.Ordinal);

    [Fact]
    public void BenchCompare_OfAResultWithItself_IsOnceAsFast()
    {
        using var folder = new TempFolder();
        CliRun.OfBench(["ops", "pick", "--reps", "2", "--json", "a.json", "--markdown", "a.md"], folder: folder.Path).IsDone();

        CliRun run = CliRun.OfBench(["compare", "a.json", "a.json"], folder: folder.Path).IsDone();

        Assert.Contains("1.00", run.Output, StringComparison.Ordinal);
        Assert.Contains("| pick |", File.ReadAllText(folder.File("a.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"machine\": 1}", "has no 'peaks'")]
    [InlineData("[]", "the value is no object")]
    [InlineData("{HEAD, \"peaks\": {\"copy\": -1, \"fma\": 1, \"division\": 1}}", "peaks.copy is negative")]
    [InlineData("{HEAD, PEAKS, \"ops\": [OP, OP]}", "ops[1].call stands twice")]
    [InlineData("{HEAD, PEAKS, \"ops\": [{\"op\": \"a\"}]}", "ops[0] has no 'call'")]
    public void BenchCompare_OfAnotherFile_SaysWhatItExpects(string text, string why)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("a.json"), text
            .Replace("HEAD", "\"machine\": \"m\", \"device\": \"d\"", StringComparison.Ordinal)
            .Replace("PEAKS", "\"peaks\": {\"copy\": 1, \"fma\": 1, \"division\": 1}", StringComparison.Ordinal).Replace("OP", """
            {"op": "a", "call": "b", "forward": {"ms": 1, "spread_ms": 0, "gigabytes_per_second": 1, "gigaflops_per_second": 0,
             "binds": "copy", "share": 0.5}, "call_ms": 1}
            """, StringComparison.Ordinal));

        CliRun.OfBench(["compare", "a.json", "a.json"], folder: folder.Path).IsRefused(ExitCode.Input, why, "bench ops --json");
    }

    [Fact]
    public void BenchModel_OnATinyModel_HasThePeersKeysAndValues()
    {
        using var folder = new TempFolder();

        CliRun run = CliRun.OfBench(["model", "--model", GoldenFolder.Find("gpt2"), "--tokens", "20", "--generate", "4", "--reps", "1",
            "--values", "v.json"], folder: folder.Path).IsDone();

        using JsonDocument times = JsonDocument.Parse(run.Output), values = JsonDocument.Parse(File.ReadAllText(folder.File("v.json")));
        string[] keys = ["vitrine", "threads", "tokens", "generate", "target", "unit", "forward", "saliency", "ig50", "ig50_batched",
            "explain_generation", "peak_rss_mb"];
        Assert.Equal(keys, times.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(64, values.RootElement.GetProperty("last_logits_first_64").GetArrayLength());
        Assert.Equal([16, 17, 18, 19], values.RootElement.GetProperty("explain_generation").EnumerateArray()
            .Select(row => row.GetArrayLength()));
        double[] single = [.. values.RootElement.GetProperty("ig50").EnumerateArray().Select(v => v.GetDouble())];
        double[] batched = [.. values.RootElement.GetProperty("ig50_batched").EnumerateArray().Select(v => v.GetDouble())];
        Assert.All(single.Zip(batched), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }
}
