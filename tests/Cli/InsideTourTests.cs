using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>The tour of <c>docs/INSIDE.md</c> is run as it stands, and what it claims is checked.</summary>
public sealed class InsideTourTests
{
    private static string Folder => GoldenFolder.SourceTree();

    public static TheoryData<string> Commands()
    {
        var rows = new TheoryData<string>();
        string page = File.ReadAllText(Path.Combine(Folder, "docs", "INSIDE.md"));
        foreach (string line in page[page.IndexOf("## A tour", StringComparison.Ordinal)..page.IndexOf("## Directions",
            StringComparison.Ordinal)].Split('\n').Where(l => l.StartsWith("vitrine ", StringComparison.Ordinal)))
        {
            rows.Add(line);
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Tour_EveryCommand_IsDone(string line)
    {
        CliRun run = CliRun.Of(Words(line), folder: Folder).IsDone();

        Assert.NotEmpty(run.Output);
    }

    [Fact]
    public void Circuit_Chosen_IsTheInductionCircuit()
    {
        string output = CliRun.Of(["circuit", "--top", "12"], folder: Folder).IsDone().Output;

        Assert.Contains("a0.h0->a1.h0<k>", output, StringComparison.Ordinal);
        Assert.Contains("direction noise", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_InFiles_AreDrawnAgainByShow()
    {
        using var folder = new TempFolder();
        string json = folder.File("patch.json"), html = folder.File("patch.html"), svg = folder.File("patch.svg"),
            csv = folder.File("patch.csv"), again = folder.File("again.html");

        CliRun.Of(["patch", "--json", json, "--html", html, "--svg", svg, "--csv", csv], folder: Folder).IsDone();
        CliRun.Of(["show", json, "--html", again], folder: Folder).IsDone();

        Assert.Equal(File.ReadAllText(html), File.ReadAllText(again));
        Assert.DoesNotContain("src=", File.ReadAllText(html), StringComparison.Ordinal);
        Assert.StartsWith("<?xml", File.ReadAllText(svg), StringComparison.Ordinal);
        Assert.StartsWith("method,direction,metric,table", File.ReadAllText(csv), StringComparison.Ordinal);
    }

    [Fact]
    public void Attention_Page_IsSelfContained()
    {
        using var folder = new TempFolder();
        string page = folder.File("heads.html");

        CliRun.Of(["attention", "--model", "models/induction", "--page", page, "keyfjordkey<script>"], folder: Folder).IsDone();

        string html = File.ReadAllText(page);
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>\"", html, StringComparison.Ordinal);
        Assert.Contains("DecompressionStream", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("patch --clean abcab --corrupted abca --correct c --wrong d", "token counts differ")]
    [InlineData("patch --place nothing", "place: not known; got 'nothing'")]
    [InlineData("patch --method guess", "expected exact, estimate, check, atp, paths or trace")]
    [InlineData("patch --clean abcab --corrupted abdab --correct cd", "'cd' is 2 tokens")]
    [InlineData("circuit --model models/sentiment --clean good --corrupted bad --correct 1 --wrong 0",
        "expected a decoder that normalises before each layer")]
    [InlineData("intervene --model models/induction abc", "nothing to change")]
    [InlineData("intervene --model models/induction --zero blocks.7.hook_mlp_out abc", "did you mean")]
    [InlineData("sae --sae nowhere abc", "no cfg.json")]
    [InlineData("weights --head 9.9", "no such head")]
    [InlineData("attention --why 1 abc", "expected layer.head.query")]
    public void BadRequests_AreRefusedInOneLine(string line, string part)
    {
        CliRun run = CliRun.Of(Words(line), folder: Folder);

        Assert.NotEqual(ExitCode.Success, run.Code);
        Assert.Contains(part, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
    }

    // Words with quotes around texts; a page's lines have no other syntax.
    private static string[] Words(string line)
    {
        string[] parts = line.Split('"');
        string[] words = [.. parts.SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        return words[0] == "vitrine" ? words[1..] : words;
    }
}
