using System.Runtime.InteropServices;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Field;

/// <summary>Standard streams that are full, closed or no longer read, and paths that are devices: a sentence and an exit code.</summary>
public sealed class StandardStreamTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TinyModel _model = new();

    public void Dispose()
    {
        _folder.Dispose();
        _model.Dispose();
    }

    [Theory]
    [InlineData("vitrine methods > /dev/full", ExitCode.Output, "cannot write to standard output; No space left")]
    [InlineData("vitrine --help >&-", ExitCode.Output, "cannot write to standard output; it is closed")]
    [InlineData("vitrine methods --json - >&-", ExitCode.Output, "it is closed")]
    [InlineData("vitrine methods --json /dev/full", ExitCode.Output, "cannot write '/dev/full'; No space left")]
    [InlineData("vitrine methods --json /dev/stdout > /dev/full", ExitCode.Output, "standard output")]
    [InlineData("vitrine explain a --steps 0 2>&-", ExitCode.Usage, "")]
    [InlineData("vitrine methods > /dev/full 2> /dev/full", ExitCode.Output, "")]
    [InlineData("vitrine explain <&-", ExitCode.Input, "text: empty")]
    [InlineData("vitrine methods --json /dev/null > /dev/null", ExitCode.Success, "")]
    [InlineData("TMPDIR=/nowhere vitrine methods > /dev/null", ExitCode.Success, "")]
    [InlineData("yes '\"good movie\"' | vitrine predict --model MODEL --input - | head -n 1 > /dev/null", ExitCode.Output,
        "its reader has closed it")]
    [InlineData("yes '\"good movie\"' | head -n 3 | vitrine predict --model MODEL --input /dev/stdin --output /dev/null",
        ExitCode.Success, "")]
    public void Streams_ThatCannotBeUsed_EndInASentenceAndACode(string line, ExitCode code, string said)
    {
        Assert.SkipUnless(RuntimeInformation.IsOSPlatform(OSPlatform.Linux), "the devices are Linux's");
        string program = $"dotnet '{Path.Combine(AppContext.BaseDirectory, "Vitrine.Cli.dll")}'";
        string script = line.Replace("vitrine", program, StringComparison.Ordinal)
            .Replace("MODEL", $"'{_model.Path}'", StringComparison.Ordinal);
        script = script.Contains("| head -n 1 >", StringComparison.Ordinal) ? $"set -o pipefail; {script}" : script;
        using Child bash = Child.Start("bash", ["-c", script], _folder.Path);
        (int ended, _, string error) = bash.Wait();

        Assert.Equal((int)code, ended);
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explain|good movie|--json|a.out|--html|a.out", "two results for one file")]
    [InlineData("explain|good movie|--json|a.out|--html|./b/../a.out", "two results for one file")]
    [InlineData("predict|--input|in.jsonl|--output|in.jsonl", "over what is read; got --output for a file of --input")]
    [InlineData("show|in.jsonl|--html|in.jsonl", "over what is read")]
    [InlineData("explain|--file|in.jsonl|--csv|in.jsonl", "over what is read")]
    [InlineData("explain|good|--context-file|in.jsonl|--csv|in.jsonl", "over what is read")]
    [InlineData("explain|good|--baseline|file:in.jsonl|--csv|in.jsonl", "over what is read")]
    [InlineData("report|--from|in.jsonl|--html|in.jsonl", "over what is read")]
    [InlineData("predict|good|--json|MODEL/config.json", "over what is read")]
    public void Paths_ThatContradictEachOther_AreRefusedBeforeAnythingIsWritten(string line, string said)
    {
        byte[] input = "{\"text\":\"good movie\"}"u8.ToArray();
        _folder.Write("in.jsonl", input);
        Directory.CreateDirectory(_folder.File("b"));
        byte[] config = File.ReadAllBytes(Path.Combine(_model.Path, "config.json"));
        string[] words = [.. line.Split('|').Select(word => word.Replace("MODEL", _model.Path, StringComparison.Ordinal))];

        CliRun.Of([.. words, .. words[0] is "explain" or "predict" ? new[] { "--model", _model.Path } : []], folder: _folder.Path)
            .IsRefused(ExitCode.Usage, said);

        Assert.Equal(input, File.ReadAllBytes(_folder.File("in.jsonl")));
        Assert.Equal(config, File.ReadAllBytes(Path.Combine(_model.Path, "config.json")));
        Assert.False(File.Exists(_folder.File("a.out")));
    }

    [Fact]
    public void Text_ThatIsThePathOfAnOutput_IsAText()
    {
        _folder.Write("a.json", "{}"u8);

        CliRun.Of(["predict", "a.json", "--json", "a.json", "--model", _model.Path], folder: _folder.Path).IsDone();
    }
}
