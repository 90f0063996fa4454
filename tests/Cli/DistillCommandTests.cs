using Vitrine.Cli;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests;

/// <summary><c>vitrine distill</c> as a user types it.</summary>
public class DistillCommandTests
{
    [Fact]
    public void Distill_Classifier_HalfTheLayersThatPredictAndGoOn()
    {
        using var folder = new TempFolder();
        File.WriteAllLines(folder.File("good.txt"), Enumerable.Range(0, 40).Select(i => $"a lovely film number {i}"));
        File.WriteAllLines(folder.File("bad.txt"), Enumerable.Range(0, 40).Select(i => $"a dull film number {i}"));
        string[] data = ["--data", "good=good.txt", "--data", "bad=bad.txt", "--batch", "8", "--epochs", "1"];
        CliRun.Of(["train", "classify", "--d-model", "16", "--layers", "2", "--heads", "2", "--positions", "24", "--vocab", "120", "--out",
            "teacher", .. data], folder: folder.Path).IsDone();
        string[] command = ["distill", "--teacher", "teacher", "--out", "student", .. data];

        CliRun first = CliRun.Of(command, folder: folder.Path).IsDone();
        CliRun again = CliRun.Of(command, folder: folder.Path).IsDone();

        Assert.Equal(first.Output.Split('\n')[^2], again.Output.Split('\n')[^2]);
        Assert.Equal(1, ModelLoader.Load(folder.File("student")).Info.NLayers);
        CliRun.Of(["predict", "a lovely film", "--model", "student"], folder: folder.Path).IsDone();
        CliRun.Of([.. command, "--temperature", "3"], folder: folder.Path).IsRefused(ExitCode.Usage, "another training");
    }

    [Fact]
    public void Distill_LinesIntoANarrowerModel_AModelThatLoads()
    {
        using var folder = new TempFolder();
        File.WriteAllLines(folder.File("lines.txt"), Enumerable.Range(0, 120).Select(i => $"{i % 10}+1={(i % 10) + 1}"));
        string[] data = ["--data", "lines.txt", "--lines", "--after", "=", "--batch", "8", "--epochs", "1"];
        CliRun.Of(["train", "lm", "--d-model", "16", "--layers", "2", "--heads", "2", "--positions", "12", "--vocab", "257", "--out",
            "teacher", .. data], folder: folder.Path).IsDone();
        string[] command = ["distill", "--teacher", "teacher", "--out", "student", "--d-model", "8", "--hidden", "1", .. data];

        CliRun run = CliRun.Of(command, folder: folder.Path).IsDone();

        Assert.Contains("exact_match", run.Output, StringComparison.Ordinal);
        ModelInfo student = ModelLoader.Load(folder.File("student")).Info;
        Assert.Equal((8, 1, 1), (student.DModel, student.NHeads, student.NLayers));
        CliRun.Of(["distill", "--teacher", "teacher", "--out", "other", "--d-model", "8", "--attention", "1", .. data], folder: folder.Path)
            .IsRefused(ExitCode.Usage, "2, as many as the teacher has");
        CliRun.Of(["distill", "--teacher", "teacher", "--data", "lines.txt", "--heads", "2", "--out", "other"], folder: folder.Path)
            .IsRefused(ExitCode.Usage, "--heads or --d-mlp alone");
    }

    [Fact]
    public void Distill_WhatCannotBe_IsRefusedInOneLine()
    {
        using var model = new TinyModel();
        File.WriteAllText(Path.Combine(model.Path, "data.tsv"), "a\tx\nb\ty\n");

        Refused(ExitCode.Usage, "--teacher", "distill", "--data", "data.tsv", "--out", "s");
        Refused(ExitCode.Usage, "got 9 layers", "distill", "--teacher", ".", "--data", "data.tsv", "--layers", "9", "--out", "s");
        Refused(ExitCode.Usage, "no such block", "distill", "--teacher", ".", "--data", "data.tsv", "--keep", "0,x", "--out", "s");
        Refused(ExitCode.Usage, "temperature", "distill", "--teacher", ".", "--data", "data.tsv", "--temperature", "0", "--out", "s");
        Refused(ExitCode.Usage, "unknown label", "distill", "--teacher", ".", "--data", "data.tsv", "--out", "s");

        void Refused(ExitCode code, string part, params string[] words) => CliRun.Of(words, folder: model.Path).IsRefused(code, part);
    }
}
