using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>The circuit of the induction model survives 8-bit weights, pruning and a trained adapter.</summary>
public sealed class ChangedModelCircuitTests
{
    private static readonly string[] s_edges = ["a0.h0->a1.h0<k>", "a0.h0->a1.h1<k>", "a1.h0->logits", "a1.h1->logits"];

    private static string Induction => Path.Combine(GoldenFolder.SourceTree(), "models", "induction");

    [Fact]
    public void Circuit_OfTheAdaptedModel_IsTheInductionCircuit()
    {
        using var folder = new TempFolder();
        var random = new Random(3);
        File.WriteAllLines(folder.File("rounds.txt"), Enumerable.Range(0, 120).Select(_ =>
        {
            char[] letters = [.. "abcdefghijklmnopqrstuvwxyz"];
            random.Shuffle(letters);
            return new string(letters, 0, 12) + new string(letters, 0, 12);
        }));

        CliRun.Of(["train", "lm", "--data", "rounds.txt", "--from", Induction, "--lora", "2", "--batch", "4", "--epochs", "1", "--out",
            "adapter"], folder: folder.Path).IsDone();

        Found(CliRun.Of(["circuit", "--model", Induction, "--adapter", "adapter", "--top", "12"], folder: folder.Path));
        Assert.NotEqual(CliRun.Of(["circuit", "--model", Induction, "--top", "12"], folder: folder.Path).IsDone().Output,
            CliRun.Of(["circuit", "--model", Induction, "--adapter", "adapter", "--top", "12"], folder: folder.Path).IsDone().Output);
    }

    [Fact]
    public void Circuit_OfThePrunedAndTheRoundedModel_IsTheInductionCircuit()
    {
        using var folder = new TempFolder();
        CliRun.Of(["prune", "--model", Induction, "--sparsity", "0.3", "--out", "sparse"], folder: folder.Path).IsDone();

        Found(CliRun.Of(["circuit", "--model", "sparse", "--top", "12"], folder: folder.Path));
        Found(CliRun.Of(["circuit", "--model", Induction, "--quantize", "int8", "--top", "12"], folder: folder.Path));
    }

    private static void Found(CliRun run)
    {
        run.IsDone();
        Assert.All(s_edges, edge => Assert.Contains(edge, run.Output, StringComparison.Ordinal));
    }
}
