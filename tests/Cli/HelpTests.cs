using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests;

public class HelpTests
{
    [Fact]
    public void Help_OfExplain_IsWhatMostPeopleNeed()
    {
        string help = CliRun.Of(["explain", "--help"]).IsDone().Output, whole = CliRun.Of(["explain", "--help-all"]).IsDone().Output;

        Assert.InRange(help.Split('\n').Length, 30, 75);
        Assert.Contains("--method <name>", help, StringComparison.Ordinal);
        Assert.DoesNotContain("--quadrature", help, StringComparison.Ordinal);
        Assert.Contains("--quadrature", whole, StringComparison.Ordinal);
        Assert.Contains("\nMethods and their parameters:\n", whole, StringComparison.Ordinal);
        Assert.True(whole.IndexOf("Examples:", StringComparison.Ordinal) > whole.LastIndexOf("--profile", StringComparison.Ordinal));
        Assert.Single(whole.Split('\n'), line => line.StartsWith("  --context <", StringComparison.Ordinal)); // nothing twice
    }

    [Theory]
    [InlineData("explain")]
    [InlineData("evaluate")]
    [InlineData("train lm")]
    public void Help_OfACommand_FitsTheTerminal(string command)
    {
        string help = CliRun.Of([.. command.Split(' '), "--help-all"], width: 80).IsDone().Output;

        Assert.All(help[..help.IndexOf("Examples:", StringComparison.Ordinal)].Split('\n'), line =>
            Assert.InRange(TextWidth.Of(line), 0, 80));
        Assert.Contains($"vitrine {command}", help, StringComparison.Ordinal);
    }
}
