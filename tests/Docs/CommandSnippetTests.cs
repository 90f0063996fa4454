using System.Text.RegularExpressions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Docs;

/// <summary>The commands on the pages that need nothing but the shipped models run as they stand there.</summary>
[Collection(Programs.Name)]
public sealed partial class CommandSnippetTests
{
    private static readonly string[] s_cheap = ["explain", "predict", "generate", "translate", "tokenize", "methods", "devices"];

    [Fact]
    public void Commands_OnEveryPage_Succeed()
    {
        (string Page, int Number, string[] Words)[] commands = [.. Pages.All.SelectMany(page => Pages.Lines(page)
            .Where(line => line.Language is "" or "sh" or "bash" && IsCheap(line.Line))
            .Select(line => (page, line.Number, Split(line.Line))))];
        using var folder = new TempFolder();
        Directory.CreateSymbolicLink(folder.File("models"), Path.Combine(GoldenFolder.SourceTree(), "models"));

        Assert.InRange(commands.Length, 8, 60);
        Assert.All(commands.DistinctBy(command => string.Join('\0', command.Words)), command =>
        {
            CliRun run = CliRun.Of(command.Words, folder: folder.Path);
            Assert.True(run.Code == ExitCode.Success, $"{command.Page}:{command.Number}: {run.Error}");
        });
    }

    [Fact]
    public void Split_QuotedWords_AreOne() =>
        Assert.Equal(["explain", "a b", "--top", "3"], Split("vitrine explain   \"a b\" --top 3   # why?"));

    private static bool IsCheap(string line) => line.StartsWith("vitrine ", StringComparison.Ordinal) && Split(line) is [var verb, ..] words
        && s_cheap.Contains(verb) && !words.Any(word => word.StartsWith("path/", StringComparison.Ordinal)
            || word is "|" or ">" or "<" or "\\"
            or "--input" or "--device" or "--png");

    private static string[] Split(string line) => [.. Word().Matches(line.Split(" #")[0]).Skip(1).Select(m => m.Value.Trim('"'))];

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();
}
