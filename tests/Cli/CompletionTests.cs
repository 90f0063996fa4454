using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Completion: what the command suggests, and the scripts that ask it; the manual page.</summary>
public class CompletionTests
{
    [Theory]
    [InlineData("vitrine exp", "explain")]
    [InlineData("vitrine explain --met", "--method")]
    [InlineData("vitrine explain --method integr", "integrated_gradients")]
    [InlineData("vitrine evaluate --metric compre", "comprehensiveness")]
    [InlineData("vitrine explain --input-format par", "parquet")]
    [InlineData("vitrine completion z", "zsh")]
    public void Suggest_OfALine_HasWhatCanFollow(string line, string wanted) =>
        Assert.Contains(wanted, CliRun.Of([$"[suggest:{line.Length}]", line]).IsDone().Output.Split('\n'));

    [Fact]
    public void Suggest_OfAModel_HasTheShippedOnes() => Assert.Contains("sentiment",
        CliRun.Of(["[suggest:25]", "vitrine explain --model se"], folder: GoldenFolder.SourceTree()).IsDone().Output.Split('\n'));

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("powershell")]
    public void Completion_OfAShell_IsAScriptThatAsksTheCommand(string shell) =>
        Assert.Contains("vitrine \"[suggest:", CliRun.Of(["completion", shell]).IsDone().Output, StringComparison.Ordinal);

    [Fact]
    public void Completion_OfAnUnknownShell_IsRefused() =>
        CliRun.Of(["completion", "tcsh"]).IsRefused(ExitCode.Usage, "tcsh", "bash");

    [Fact]
    public void Completion_InBash_FillsTheReply()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "no bash");
        string script = CliRun.Of(["completion", "bash"]).IsDone().Output;
        using Child bash = Child.Start("/bin/bash", [], null, $"{script}\nvitrine() {{ printf '%s\\n' \"$1\" \"$2\"; }}\n"
            + "COMP_LINE='vitrine ex'\nCOMP_POINT=10\n_vitrine\nprintf '%s|' \"${COMPREPLY[@]}\"\n");

        Assert.Equal("[suggest:10]|vitrine ex|", bash.Wait().Output);
    }

    [Fact]
    public void Man_Page_HasEveryCommandWithItsOptions()
    {
        string page = CliRun.Of(["man"]).IsDone().Output;
        string[] parts = [".SS explain\n", ".SS train lm\n", ".B \\-\\-method <name>\n", ".SH EXIT STATUS\n.TP\n.B 0\ndone\n", "HF_TOKEN"];
        Assert.All(parts, part => Assert.Contains(part, page, StringComparison.Ordinal));
    }
}
