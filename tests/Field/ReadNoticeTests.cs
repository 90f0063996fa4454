using System.Text;
using System.Text.Json.Nodes;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Field;

/// <summary>A text that was cut, or of which characters were lost, says so wherever its result goes.</summary>
public sealed class ReadNoticeTests : IDisposable
{
    private const string Cut = "16 of 23 tokens were read; cut: the last 7.";
    private static readonly string s_text = string.Concat(Enumerable.Repeat("good ", 20)) + "bad";
    private readonly TinyModel _model = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("predict", "--json|-")]
    [InlineData("explain", "--json|-")]
    [InlineData("explain", "--html|-")]
    [InlineData("explain", "--method|saliency,lime|--json|-")]
    [InlineData("evaluate", "--method|saliency|--metric|deletion|--json|-")]
    [InlineData("evaluate", "--method|saliency|--metric|deletion|--html|-")]
    [InlineData("report", "--method|saliency|--metric|deletion|--html|-")]
    [InlineData("report", "--method|saliency|--metric|deletion|--json|-")]
    public void Cutting_OfOneText_IsInTheResultAndOnStandardError(string command, string more)
    {
        CliRun run = Run([command, s_text, .. more.Split('|')]);

        Assert.Contains(Cut, run.Output, StringComparison.Ordinal);
        Assert.Contains(Cut, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("tokens were read", Run([command, "good movie", .. more.Split('|')]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Cutting_OfRows_IsInTheirLines()
    {
        byte[] rows = Encoding.UTF8.GetBytes($"\"{s_text}\"\n\"good movie\"\n");
        JsonNode[] predicted = Lines(CliRun.Of(Words("predict", "--input", "-"), rows)),
            explained = Lines(CliRun.Of(Words("explain", "--input", "-", "--method", "saliency"), rows)),
            measured = Lines(CliRun.Of(Words("evaluate", "--input", "-", "--method", "saliency", "--metric", "deletion", "--output", "-"),
                rows));

        Assert.Equal(Cut, (string?)predicted[0]["warnings"]![0]);
        Assert.Null(predicted[1]["warnings"]);
        Assert.Equal(Cut, (string?)explained[0]["results"]![0]!["result"]!["warnings"]![0]);
        Assert.Empty(explained[1]["results"]![0]!["result"]!["warnings"]!.AsArray());
        Assert.Equal(Cut, (string?)measured[0]["warnings"]![0]);
        Assert.Null(measured[1]["warnings"]);

        static JsonNode[] Lines(CliRun run) => [.. run.Output.TrimEnd().Split('\n').Select(line => JsonNode.Parse(line)!)];
    }

    [Fact]
    public void Cutting_OfARowThatAnEarlierRunMeasured_IsStillInTheTable()
    {
        _folder.Write("in.jsonl", Encoding.UTF8.GetBytes($"\"{s_text}\"\n"));
        string[] words = Words("evaluate", "--input", "in.jsonl", "--method", "saliency", "--metric", "deletion", "--output", "o.jsonl",
            "--json", "t.json");

        CliRun first = CliRun.Of(words, folder: _folder.Path), second = CliRun.Of(words, folder: _folder.Path);

        Assert.Contains($"Row 1: {Cut}", first.Error, StringComparison.Ordinal);
        Assert.Equal(first.Error, second.Error);
        Assert.Contains($"Row 1: {Cut}", File.ReadAllText(_folder.File("t.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Characters_ThatAreLostInAnyTextOfARequest_AreNamed()
    {
        foreach (string[] words in (string[][])[["predict", "good 😀"], ["explain", "good movie", "--contrast-input", "bad 😀"],
            ["predict", "good", "--context", "movie 😀"]])
        {
            Assert.Contains("😀", Run([.. words, "--json", "-"]).Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Cutting_OfTokenIdsAndOfPairs_IsSaid()
    {
        Assert.Contains("16 of 18 tokens were read; cut: the last 2.",
            Run(["predict", "--ids", string.Join(' ', Enumerable.Repeat(5, 18))]).Error, StringComparison.Ordinal);
        Assert.Contains("16 of 25 tokens were read; cut: 9 at the end of the longer text.",
            Run(["predict", s_text, "--context", "movie"]).Error, StringComparison.Ordinal);
    }

    private CliRun Run(string[] words) => CliRun.Of(Words(words), folder: _folder.Path);

    private string[] Words(params string[] words) => [.. words, "--model", _model.Path, "--truncate", "--max-length", "16"];
}
