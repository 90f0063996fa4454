using System.Text;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

public sealed class DataRunTests : IDisposable
{
    private readonly TinyModel _model = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Run_AThousandMixedRows_GiveOneLineEach()
    {
        string[] kinds =
        [
            "{\"text\":\"good movie\",\"id\":\"same\"}", "{\"text\":\"\"}",
                $"{{\"text\":\"{new string('a', 3000)} {string.Concat(Enumerable.Repeat("good ", 60))}\"}}", "{bad",
                    "\"a 😀 movie 👨\\u200d👩\"",
            "{\"text\":\"\\u0000\\u0007\\u001b[31m good\"}", "[1]", "{\"other\":1}", "{\"text\":\"bad movie\",\"target\":\"neither\"}",
                "{\"text\":\"bad movie\",\"target\":[\"0\",\"1\"]}",
        ];
        Write("in.jsonl", string.Join('\n', Enumerable.Range(0, 1000).Select(i => kinds[i % kinds.Length])));

        CliRun run = Explain("in.jsonl", "out.jsonl");

        Assert.Equal(ExitCode.Success, run.Code);
        JsonNode[] rows = [.. Lines("out.jsonl").Skip(1).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal(Enumerable.Range(1, 1000), rows.Select(row => (int)row["row"]!));
        Assert.All(rows, (row, i) => Assert.Equal(i % 10 is 1 or 2 or 3 or 6 or 7 or 8, row["error"] is not null));
        Assert.Equal("same", (string?)rows[0]["id"]);
        Assert.Equal(2, AttributionJson.FromJson(rows[9]["results"]![0]!.ToJsonString()).Targets.Count);
        Assert.Contains("600 of 1000", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CutOffAtAnyByte_ResumesToTheSameBytes()
    {
        Write("in.csv", "id,text\n1,good movie\n2,\"bad,\nmovie\"\n3,\n4,a movie\n");
        Explain("in.csv", "whole.jsonl");
        byte[] whole = File.ReadAllBytes(_folder.File("whole.jsonl"));

        foreach (int length in Enumerable.Range(0, whole.Length)
            .Where(i => i < 20 || i % 211 == 0 || whole[i] == '\n' || (i > 0 && whole[i - 1] == '\n')).Append(whole.Length))
        {
            File.WriteAllBytes(_folder.File("cut.jsonl"), whole[..length]);

            Explain("in.csv", "cut.jsonl");

            Assert.Equal(whole, File.ReadAllBytes(_folder.File("cut.jsonl")));
        }
    }

    [Fact]
    public void Run_IntoTheFileOfAnotherJob_IsRefusedAndChangesNothing()
    {
        Write("in.txt", "good\nbad\n");
        Explain("in.txt", "out.jsonl");
        byte[] before = File.ReadAllBytes(_folder.File("out.jsonl"));

        Explain("in.txt", "out.jsonl", "--method", "input_x_gradient").IsRefused(ExitCode.Output, "another job");
        Write("in.txt", "good\nother\n");
        Explain("in.txt", "out.jsonl").IsRefused(ExitCode.Output, "another job");

        Assert.Equal(before, File.ReadAllBytes(_folder.File("out.jsonl")));
    }

    [Fact]
    public void Run_Shards_MakeTheWhole()
    {
        string input = string.Concat(Enumerable.Range(0, 10).Select(i => $"\"good {i}\"\n"));

        string[] parts = [.. Enumerable.Range(1, 3)
            .SelectMany(i => Predict(input, "--shard", $"{i}/3").IsDone().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

        Assert.Equal(Predict(input).IsDone().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            parts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Run_Columns_AreRenamedAndOthersMeanNothing()
    {
        Write("in.tsv", "review\thtml\tmodel\ngood movie\tx.html\tnowhere\n");

        Explain("in.tsv", "out.jsonl", "--columns", "text=review").IsDone();

        Assert.Null(JsonNode.Parse(Lines("out.jsonl")[1])!["error"]);
        Assert.False(File.Exists(_folder.File("x.html")));
    }

    [Theory]
    [InlineData("--html", "a.html")]
    [InlineData("--shard", "4/3")]
    [InlineData("--columns", "text")]
    [InlineData("--input-format", "xml")]
    public void Run_AnOptionThatDoesNotFit_IsRefused(string option, string value)
    {
        Write("in.txt", "good\n");

        Explain("in.txt", "out.jsonl", option, value).IsRefused(ExitCode.Usage, option[2..] == "html" ? "--html" : option[2..]);
    }

    [Fact]
    public void Run_TwoTextsOrNoFile_AreRefused()
    {
        CliRun.Of(["explain", "good", "--model", _model.Path, "--input", "nowhere.txt"], folder: _folder.Path)
            .IsRefused(ExitCode.Usage, "both");
        CliRun.Of(["explain", "--model", _model.Path, "--input", "nowhere.txt"], folder: _folder.Path)
            .IsRefused(ExitCode.Input, "nowhere.txt", "no such file");
        CliRun.Of(["explain", "good", "--model", _model.Path, "--output", "out.jsonl"], folder: _folder.Path)
            .IsRefused(ExitCode.Usage, "--input");
    }

    private CliRun Explain(string input, string output, params string[] more) => CliRun.Of(
        ["explain", "--model", _model.Path, "--input", input, "--output", output, .. more.Contains("--method") ? more
            : ["--method", "saliency", .. more]], folder: _folder.Path);

    private CliRun Predict(string input, params string[] more) =>
        CliRun.Of(["predict", "--model", _model.Path, "--input", "-", .. more], Encoding.UTF8.GetBytes(input), _folder.Path);

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text, new UTF8Encoding(false));

    private string[] Lines(string name) => File.ReadAllLines(_folder.File(name));
}
