using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Adapters and pruning as a user types them.</summary>
public class LoraCommandTests
{
    [Fact]
    public void Train_Lora_AnAdapterThatMergesAndPredictsTheSame()
    {
        using var folder = new TempFolder();
        File.WriteAllLines(folder.File("good.txt"), Enumerable.Range(0, 40).Select(i => $"a lovely film number {i}"));
        File.WriteAllLines(folder.File("bad.txt"), Enumerable.Range(0, 40).Select(i => $"a dull film number {i}"));
        string[] train = ["train", "classify", "--data", "good=good.txt", "--data", "bad=bad.txt", "--batch", "8", "--epochs", "1"];
        CliRun.Of([.. train, "--d-model", "16", "--layers", "1", "--heads", "2", "--positions", "24", "--vocab", "120", "--out", "base"],
            folder: folder.Path).IsDone();

        CliRun.Of([.. train, "--from", "base", "--lora", "2", "--out", "adapter"], folder: folder.Path).IsDone();
        CliRun.Of(["merge", "--model", "base", "--adapter", "adapter", "--out", "merged"], folder: folder.Path).IsDone();
        CliRun together = CliRun.Of(["predict", "a lovely film", "--model", "base", "--adapter", "adapter"], folder: folder.Path).IsDone();
        CliRun merged = CliRun.Of(["predict", "a lovely film", "--model", "merged"], folder: folder.Path).IsDone();

        Assert.Equal(together.Output.Split('\n')[2..], merged.Output.Split('\n')[2..]); // the first lines name the model
        Assert.True(File.Exists(folder.File("adapter/adapter_model.safetensors")));
        Assert.False(File.Exists(folder.File("adapter/config.json")));
        Directory.Delete(folder.File("adapter/training"), recursive: true);
        CliRun.Of([.. train, "--from", "base", "--lora", "2", "--out", "adapter"], folder: folder.Path)
            .IsRefused(ExitCode.Output, "holds a model already");
        CliRun.Of([.. train, "--lora", "2", "--out", "other"], folder: folder.Path).IsRefused(ExitCode.Usage, "--from");
        CliRun.Of(["merge", "--model", "base", "--out", "other"], folder: folder.Path).IsRefused(ExitCode.Usage, "--adapter");
        CliRun.Of(["predict", "x", "--model", "base", "--adapter", "base"], folder: folder.Path)
            .IsRefused(ExitCode.Model, "adapter_config.json");
    }

    [Fact]
    public void Prune_Model_LoadsAgainWithZeros()
    {
        using var model = new TinyModel();

        CliRun done = CliRun.Of(["prune", "--model", model.Path, "--sparsity", "0.5", "--tables", "--out", "sparse"], folder: model.Path)
            .IsDone();

        Assert.Contains(" %) in sparse", done.Output, StringComparison.Ordinal);
        CliRun.Of(["predict", "a good movie", "--model", "sparse"], folder: model.Path).IsDone();
        CliRun.Of(["prune", "--model", model.Path, "--sparsity", "1", "--out", "none"], folder: model.Path)
            .IsRefused(ExitCode.Usage, "sparsity");
        CliRun.Of(["prune", "--model", model.Path, "--out", "sparse"], folder: model.Path)
            .IsRefused(ExitCode.Output, "holds a model already");
    }
}
