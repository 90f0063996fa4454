using System.Text.Json;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests;

/// <summary><c>vitrine heads</c> as a user types it.</summary>
public class HeadsCommandTests
{
    [Fact]
    public void Heads_OfAGpt2_TableJsonAndPictureAgree()
    {
        using var model = new TinyModel("gpt2", tokenizer: false);

        CliRun run = CliRun.Of(["heads", "--model", model.Path, "--length", "6", "--count", "10", "--json", "h.json", "--svg", "h.svg",
            "--markdown", "h.md"], folder: model.Path).IsDone();

        JsonElement json = JsonDocument.Parse(File.ReadAllText(Path.Combine(model.Path, "h.json"))).RootElement;
        JsonElement last = json.GetProperty("heads")[7];
        Assert.Equal((1, 3), (last.GetProperty("layer").GetInt32(), last.GetProperty("head").GetInt32()));
        Assert.InRange(last.GetProperty("induction").GetDouble(), 0, 1);
        Assert.Contains(FormattableString.Invariant($"{json.GetProperty("repeat_loss").GetDouble():0.00} in the second"), run.Output,
            StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"{last.GetProperty("loss_without").GetDouble():0.00}"),
            File.ReadAllText(Path.Combine(model.Path, "h.md")), StringComparison.Ordinal);
        Assert.Contains("L1 H3", File.ReadAllText(Path.Combine(model.Path, "h.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_Interrupted_StopsAndWritesNothing()
    {
        using var model = new TinyModel("gpt2", tokenizer: false);

        CliRun run = CliRun.Of(["heads", "--model", model.Path, "--length", "6", "--json", "h.json"], folder: model.Path,
            interrupted: true);

        Assert.Equal(ExitCode.Cancelled, run.Code);
        Assert.False(File.Exists(Path.Combine(model.Path, "h.json")));
    }

    [Fact]
    public void Heads_WhatCannotBe_IsRefusedInOneLine()
    {
        using var gpt2 = new TinyModel("gpt2", tokenizer: false);
        using var bert = new TinyModel();

        CliRun.Of(["heads", "--model", gpt2.Path]).IsRefused(ExitCode.Usage, "48 tokens", "at most 32");
        CliRun.Of(["heads", "--model", gpt2.Path, "--length", "1"]).IsRefused(ExitCode.Usage, "got 32 sequences of 1 tokens", "2 to");
        CliRun.Of(["heads", "--model", gpt2.Path, "--tokens", "abc"]).IsRefused(ExitCode.Model, "no tokenizer");
        CliRun.Of(["heads", "--model", gpt2.Path, "--json", "-", "--svg", "-"]).IsRefused(ExitCode.Usage, "standard output");
        CliRun.Of(["heads", "--model", bert.Path, "--length", "6"]).IsRefused(ExitCode.Usage, "BertForSequenceClassification");
    }
}
