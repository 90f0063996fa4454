using Vitrine.Attributions;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Every command has help; those that list, list.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public static TheoryData<string> Commands =>
        ["explain", "combine", "evaluate", "report", "predict", "generate", "translate", "tokenize", "inspect", "quantize", "heads",
            "hooks", "methods", "devices"];

    public void Dispose() => _model.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_OfEveryCommand_ShowsExamples(string command)
    {
        CliRun run = CliRun.Of([.. command.Split(' '), "--help"]).IsDone();

        Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
        Assert.Contains($"Examples:\n  vitrine {command.Split(' ')[0]}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_OfTheWhole_ListsCommandsAndExitCodes()
    {
        CliRun run = CliRun.Of(["--help"]).IsDone();

        Assert.All(Commands, row => Assert.Contains("  " + row.Data.Split(' ')[0], run.Output, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($"\n  {(int)code} ", run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void Methods_Scores_ListsTheSteps() =>
        Assert.Contains("kl_divergence\n", CliRun.Of(["methods", "--scores"]).IsDone().Output, StringComparison.Ordinal);

    [Fact]
    public void Tokenize_Lines_WritesOneObjectEach()
    {
        CliRun run = CliRun.Of(["tokenize", "--jsonl", "--no-special", "--model", _model.Path], "\"a movie\"\n\n\"bad\"\n").IsDone();

        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal("{\"text\":\"a movie\",\"ids\":[8,7],\"pieces\":[\"a\",\"movie\"],\"offsets\":[[0,1],[2,7]]}", lines[0]);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public void Tokenize_AText_ShowsPiecesAndOffsets()
    {
        CliRun run = CliRun.Of(["tokenize", "good ada", "--model", _model.Path]).IsDone();

        Assert.Contains("[CLS]", run.Output, StringComparison.Ordinal);
        Assert.Matches("ada +5–8 +ada", run.Output);
    }

    [Fact]
    public void Inspect_WithEverything_ListsSettingsTensorsAndParameters()
    {
        CliRun run = CliRun.Of(["inspect", "--config", "--tensors", "--parameters", "--model", _model.Path]).IsDone();

        Assert.Contains("BertForSequenceClassification", run.Output, StringComparison.Ordinal);
        Assert.Contains("hidden_size", run.Output, StringComparison.Ordinal);
        Assert.Contains("bert.embeddings.word_embeddings.weight", run.Output, StringComparison.Ordinal);
        Assert.Contains("blocks.0.attn.W_Q", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Hooks_OfAPattern_AreThoseAlone()
    {
        CliRun run = CliRun.Of(["hooks", "blocks.1.attn.hook_pattern", "--model", _model.Path]).IsDone();

        Assert.Equal(2, run.Output.TrimEnd('\n').Split('\n').Length);
        Assert.Contains("[batch, head, query, key]", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Methods_All_AreListed()
    {
        CliRun run = CliRun.Of(["methods"]).IsDone();

        Assert.All(AttributionMethods.All, method => Assert.Contains(method.Name + "\n", run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void Devices_Always_HaveTheCpu() => Assert.Contains("cpu", CliRun.Of(["devices"]).IsDone().Output, StringComparison.Ordinal);
}
