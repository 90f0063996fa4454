using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Scale;

public sealed class GatherTests : IDisposable
{
    private readonly TinyModel _model = new();
    private readonly TempFolder _folder = new();

    public GatherTests() => Write("in.jsonl", string.Concat(Enumerable.Range(0, 11)
        .Select(i => i == 4 ? "{broken\n" : $"{{\"text\":\"{(i % 2 == 0 ? "good movie" : "a bad movie")}\",\"id\":\"<{i}>\"}}\n")));

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("explain", 3)]
    [InlineData("predict", 16)]
    [InlineData("evaluate", 4)]
    public void Gather_AllShards_AreTheBytesOfOneRun(string command, int count)
    {
        Work(command, "whole.jsonl");
        Shard(command, count);

        CliRun run = Gather(Parts(count).Reverse(), "--output", "gathered.jsonl", "--json", "-").IsDone();

        Assert.Equal(Bytes("whole.jsonl"), Bytes("gathered.jsonl"));
        JsonNode said = JsonNode.Parse(run.Output)!;
        Assert.Equal((command, count, 11, 1), ((string?)said["command"], (int)said["shards"]!, (int)said["rows"]!, (int)said["bad"]!));
    }

    [Fact]
    public void Gather_ToStandardOutput_IsWhatARunWritesThere()
    {
        Shard("predict", 2);

        string rows = Gather(Parts(2)).IsDone().Output;

        Assert.Equal(CliRun.Of(["predict", "--model", _model.Path, "--input", "in.jsonl"], folder: _folder.Path).Output, rows);
    }

    [Fact]
    public void Gather_AShardCutOffAnywhere_IsRefusedUntilItIsRunAgain()
    {
        Work("evaluate", "whole.jsonl");
        Shard("evaluate", 3);
        byte[] part = Bytes("part-2.jsonl");

        foreach (int length in Enumerable.Range(0, part.Length)
            .Where(i => i % 97 == 0 || part[i] == '\n' || (i > 0 && part[i - 1] == '\n')))
        {
            File.WriteAllBytes(_folder.File("part-2.jsonl"), part[..length]);
            Gather(Parts(3), "--output", "no.jsonl").IsRefused(ExitCode.Input, "part-2.jsonl");
            Assert.False(File.Exists(_folder.File("no.jsonl")));
        }
        Work("evaluate", "part-2.jsonl", "--shard", "2/3");

        Gather(Parts(3), "--output", "gathered.jsonl").IsDone();
        Assert.Equal(Bytes("whole.jsonl"), Bytes("gathered.jsonl"));
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "lost", "1 of 3 shards are missing; got 2 files; expected also 2/3" },
        { "twice", "shard 2/3 is there twice" },
        { "other options", "is of another job" },
        { "other count", "4 shards of 11 rows and 3 of 11" },
        { "no shard", "is no shard" },
        { "no file", "there is no such file" },
        { "half a line", "(its last line is half written)" },
        { "last row lost", "3 of 4 rows" },
        { "row lost", "row 5 is missing" },
        { "row twice", "row 5 stands twice" },
        { "row too many", "has more rows than the data" },
        { "line damaged", "line 3 of" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Gather_WhatIsNotComplete_IsRefusedAndSaysWhy(string damage, string why)
    {
        Shard("predict", 3);
        string[] parts = [.. Parts(3)], lines = File.ReadAllLines(_folder.File("part-2.jsonl"));
        switch (damage)
        {
            case "lost": parts = [parts[2], parts[0]]; break;
            case "twice": parts = [.. parts, parts[1]]; break;
            case "other options": Work("predict", parts[1] = "other.jsonl", "--shard", "2/3", "--top", "1"); break;
            case "other count": Work("predict", parts[1] = "other.jsonl", "--shard", "2/4"); break;
            case "no shard": Write(parts[1], lines[1] + "\n"); break;
            case "no file": parts[1] = "nowhere.jsonl"; break;
            case "half a line": Write(parts[1], string.Join('\n', lines)); break;
            case "last row lost": Lines(parts[1], lines[..^1]); break;
            case "row lost": Lines(parts[1], [.. lines[..2], .. lines[3..]]); break;
            case "row twice": Lines(parts[1], [.. lines[..3], .. lines[2..]]); break;
            case "row too many": Lines(parts[1], [.. lines, lines[^1].Replace(":11,", ":14,", StringComparison.Ordinal)]); break;
            default: Lines(parts[1], [.. lines[..2], lines[2][5..], .. lines[3..]]); break;
        }

        Gather(parts, "--output", "no.jsonl").IsRefused(ExitCode.Input, why);

        Assert.False(File.Exists(_folder.File("no.jsonl")));
    }

    [Theory]
    [InlineData("\"count\":3", "\"count\":2147483647", "2147483644 of 2147483647 shards are missing")] // the others agree
    [InlineData("\"count\":3", "\"count\":1e99", "shard.count is out of range")]
    [InlineData("\"index\":2", "\"index\":0", "shard.index is out of range; got 0; expected a whole number from 1 to 3")]
    [InlineData("\"index\":2", "\"index\":\"2\"", "shard.index is out of range")]
    [InlineData("\"rows\":11", "\"rows\":9223372036854775807", "shard.rows is out of range")]
    [InlineData("\"model\":", "\"Model\":", "has no 'model'")]
    [InlineData("\"job\":", "\"job\":null,\"x\":", "has no 'job'")]
    [InlineData("\"version\":1", "\"version\":2", "version is out of range")]
    [InlineData("\"version\":1", "\"version\":1,\"version\":1", "cannot be read")]
    [InlineData("\"model\":\"", "\"model\":\"\\ud83d", "half a surrogate pair")]
    public void Gather_AFirstLineThatDoesNotFit_IsRefusedByItsPlace(string from, string to, string why)
    {
        Shard("predict", 3);
        foreach (string part in to.Contains("2147483647", StringComparison.Ordinal) ? Parts(3) : ["part-2.jsonl"])
        {
            string[] lines = File.ReadAllLines(_folder.File(part));
            Assert.Contains(from, lines[0], StringComparison.Ordinal);
            Lines(part, [lines[0].Replace(from, to, StringComparison.Ordinal), .. lines[1..]]);
        }

        Gather(Parts(3), "--output", "no.jsonl").IsRefused(ExitCode.Input, why);
    }

    [Fact]
    public void Gather_RowsWhoseOwnIdHasInstructions_AreNotTakenForOtherVectors()
    {
        Write("in.jsonl", "{\"text\":\"good\",\"id\":{\"instructions\":\"a\"}}\n{\"text\":\"bad\",\"id\":{\"instructions\":\"b\"}}\n");
        Shard("explain", 2);

        Assert.DoesNotContain("vectors", Gather(Parts(2), "--output", "gathered.jsonl").IsDone().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Gather_IntoTheFileOfAnotherJob_IsRefused()
    {
        Shard("predict", 2);
        Work("explain", "other.jsonl");
        byte[] other = Bytes("other.jsonl"), part = Bytes("part-1.jsonl");

        Gather(Parts(2), "--output", "other.jsonl").IsRefused(ExitCode.Output, "another job");
        Gather(Parts(2), "--output", "part-1.jsonl").IsRefused(ExitCode.Usage, "part-1.jsonl");

        Assert.Equal(other, Bytes("other.jsonl"));
        Assert.Equal(part, Bytes("part-1.jsonl"));
    }

    [Fact]
    public void Gather_ShardsMeasuredByOtherMetrics_AreRefused()
    {
        Write("in.jsonl", "{\"text\":\"good\"}\n{\"text\":\"bad movie\",\"rationale\":\"bad\"}\n");
        Shard("evaluate", 2);

        Gather(Parts(2)).IsRefused(ExitCode.Input, "row 2 was measured by other metrics");
    }

    [Fact]
    public void Gather_RowsOfOtherVectors_SaysSo()
    {
        Shard("explain", 2);
        string text = File.ReadAllText(_folder.File("part-2.jsonl"));
        Write("part-2.jsonl", Regex.Replace(text, "\"instructions\":\"[^\"]*\"", "\"instructions\":\"other\""));

        CliRun run = Gather(Parts(2), "--output", "gathered.jsonl");

        Assert.Equal(ExitCode.Success, run.Code);
        Assert.Contains("different vectors (other; ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Gather_ShardsOfAStreamThatCannotBeReadTwice_ChecksWhatItCanAndSaysSo()
    {
        using Explainer explainer = Explainer.Load(_model.Path);
        for (int shard = 1; shard <= 3; shard++)
        {
            using DataFile data = DataFile.Open(Unseekable("\"good\"\n\"bad\"\n\"a movie\"\n\"it\"\n"), new() { Shard = (shard, 3) });
            explainer.PredictFile(data, RowsOutput.File(_folder.File($"part-{shard}.jsonl")),
                cancellation: TestContext.Current.CancellationToken);
        }
        var rows = new StringWriter();

        GatherResult done = Shards.Gather([.. Parts(3).Select(_folder.File)], RowsOutput.To(rows),
            cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((4, 3), (done.Rows, done.Shards));
        Assert.Equal(4, rows.ToString().Count('\n'));
        Assert.Contains("standard input", Assert.Single(done.Notices), StringComparison.Ordinal);
    }

    private static GZipStream Unseekable(string text)
    {
        var bytes = new MemoryStream();
        using (var zip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(Encoding.UTF8.GetBytes(text));
        }
        bytes.Position = 0;
        return new(bytes, CompressionMode.Decompress);
    }

    private static IEnumerable<string> Parts(int count) => Enumerable.Range(1, count).Select(i => $"part-{i}.jsonl");

    private void Shard(string command, int count)
    {
        foreach ((int i, string part) in Parts(count).Index())
        {
            Work(command, part, "--shard", $"{i + 1}/{count}");
        }
    }

    private void Work(string command, string output, params string[] more) => Assert.Equal(ExitCode.Success, CliRun.Of(
        [command, "--model", _model.Path, "--input", "in.jsonl", "--output", output,
            .. command == "predict" ? Array.Empty<string>() : ["--method", "saliency"], .. more], folder: _folder.Path).Code);

    private CliRun Gather(IEnumerable<string> parts, params string[] more) =>
        CliRun.Of(["gather", .. parts, .. more], folder: _folder.Path);

    private byte[] Bytes(string name) => File.ReadAllBytes(_folder.File(name));

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);

    private void Lines(string name, string[] lines) => Write(name, string.Join('\n', lines) + "\n");
}
