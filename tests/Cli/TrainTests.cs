using Vitrine.Cli;
using Vitrine.Drawing;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests;

/// <summary><c>vitrine train</c> as a user types it.</summary>
public class TrainTests
{
    private static readonly string[] s_small =
        ["--d-model", "16", "--layers", "1", "--heads", "2", "--positions", "24", "--batch", "8", "--epochs", "2"];

    [Fact]
    public void Classify_TwoFiles_AModelThatPredictsAndIsNotOverwritten()
    {
        using var folder = new TempFolder();
        File.WriteAllLines(folder.File("good.txt"), Enumerable.Range(0, 40).Select(i => $"a lovely film number {i}"));
        File.WriteAllLines(folder.File("bad.txt"), Enumerable.Range(0, 40).Select(i => $"a dull film number {i}"));
        string[] command = ["train", "classify", "--data", "good=good.txt", "--data", "bad=bad.txt", "--vocab", "120", "--learning-rate",
            "1e-2", "--out", "model", .. s_small];

        CliRun first = CliRun.Of(command, folder: folder.Path).IsDone();
        CliRun again = CliRun.Of(command, folder: folder.Path).IsDone();
        CliRun predicted = CliRun.Of(["predict", "a lovely film", "--model", "model"], folder: folder.Path).IsDone();

        Assert.Contains("kept the weights of step", first.Output, StringComparison.Ordinal);
        Assert.Equal(first.Output.Split('\n')[^2], again.Output.Split('\n')[^2]); // over already: only the result again
        Assert.Contains("good", predicted.Output, StringComparison.Ordinal);
        Assert.Equal(Plots.HasFont, File.Exists(folder.File("model/training/loss.svg")));

        Directory.Delete(folder.File("model/training"), recursive: true);
        CliRun.Of(command, folder: folder.Path).IsRefused(ExitCode.Output, "holds a model already");
    }

    [Fact]
    public void Lm_AttentionOnlyThenGoingOnFromIt_Loads()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("text.txt"), string.Concat(Enumerable.Repeat("to be or not to be, that is the question. ", 40)));

        CliRun.Of(["train", "lm", "--data", "text.txt", "--vocab", "270", "--d-mlp", "0", "--out", "model", .. s_small],
            folder: folder.Path).IsDone();
        CliRun.Of(["train", "lm", "--data", "text.txt", "--from", "model", "--out", "longer", "--batch", "8", "--epochs", "1"],
            folder: folder.Path).IsDone();

        ITransformer model = ModelLoader.Load(folder.File("model"));
        Assert.All(model.Parameters.Where(p => p.Name.Contains(".mlp.", StringComparison.Ordinal)), p =>
            Assert.All(p.Value.ToArray(), v => Assert.Equal(0, v)));
        Assert.Equal("GPT2LMHeadModel", ModelLoader.Load(folder.File("longer")).Info.Architecture);
    }

    [Fact]
    public void Vary_WhatIsLearnt_GivesPairsThatLeaveTheSplitAsItIs()
    {
        using var folder = new TempFolder();
        string[] cities = ["London", "Kyoto", "Beijing", "Oslo"];
        File.WriteAllLines(folder.File("names.tsv"), cities.Select(city => $"city\t{city}\t{city.ToUpperInvariant()}"));
        File.WriteAllLines(folder.File("pairs.tsv"), Enumerable.Range(0, 80)
            .Select(i => $"{i} went to {cities[i % 2]}.\t{cities[i % 2].ToUpperInvariant()} {i}"));

        CliRun.Of(["train", "vary", "--data", "pairs.tsv", "--names", "names.tsv", "--swap", "--times", "2", "--held-out", "0.2", "--out",
            "more.tsv"], folder: folder.Path).IsDone();

        (IReadOnlyList<TextPair> learned, IReadOnlyList<TextPair> held) = Split("pairs.tsv");
        (IReadOnlyList<TextPair> more, IReadOnlyList<TextPair> judged) = Split("more.tsv");
        Assert.NotEmpty(held);
        Assert.Empty(judged);
        Assert.InRange(more.Count, learned.Count, 2 * learned.Count - 1); // those that would be held out are missing
        Assert.All(more, pair => Assert.Contains(learned, given => Number(given) == Number(pair)));
        CliRun.Of(["train", "vary", "--data", "pairs.tsv"], folder: folder.Path).IsRefused(ExitCode.Usage, "--names");
        CliRun.Of(["train", "vary", "--data", "pairs.tsv", "--names", "names.tsv", "--times", "0"], folder: folder.Path)
            .IsRefused(ExitCode.Usage, "1 or more");

        (IReadOnlyList<TextPair>, IReadOnlyList<TextPair>) Split(string file) =>
            HeldOut.Split(TextLines.Pairs(folder.File(file), swap: true), pair => pair.Target, 0.2, 1);

        static string Number(TextPair pair) => pair.Target.Split(' ')[0];
    }

    [Fact]
    public void Train_WhatCannotBe_IsRefusedInOneLine()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("one.tsv"), "a\tx\na\ty\n");
        File.WriteAllText(folder.File("text.txt"), "too short");

        CliRun.Of(["train", "lm", "--out", "m"], folder: folder.Path).IsRefused(ExitCode.Usage, "--data");
        CliRun.Of(["train", "lm", "--data", "text.txt"], folder: folder.Path).IsRefused(ExitCode.Usage, "--out");
        CliRun.Of(["train", "lm", "--data", "text.txt", "--out", "m"], folder: folder.Path).IsRefused(ExitCode.Usage, "too little text");
        CliRun.Of(["train", "classify", "--data", "one.tsv", "--out", "m", "--held-out", "0"], folder: folder.Path)
            .IsRefused(ExitCode.Usage, "only the label 'a'");
        CliRun.Of(["train", "data", "sortin"], folder: folder.Path).IsRefused(ExitCode.Usage, "sorting");
    }

    [Fact]
    public void Data_Sorting_LinesWhoseDigitsAreSorted()
    {
        string[] lines = CliRun.Of(["train", "data", "sorting", "--count", "3", "--length", "5"]).IsDone().Output.TrimEnd('\n').Split('\n');

        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.Equal(line[6..], new string([.. line[..5].Order()])));
    }
}
