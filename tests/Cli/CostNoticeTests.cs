using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests.Cli;

/// <summary>Long work says what it costs, once, when there is a rate to tell it from.</summary>
public sealed class CostNoticeTests
{
    private readonly List<string> _said = [];

    [Fact]
    public void Look_AtWorkOfHours_SaysSoOnceAfterASecond()
    {
        var cost = new CostNotice(_said.Add);

        cost.Look(new("integrated_gradients", 50, 1_000_000), TimeSpan.FromSeconds(0.5));
        Assert.Empty(_said);
        cost.Look(new("integrated_gradients", 100, 1_000_000), TimeSpan.FromSeconds(1));
        cost.Look(new("integrated_gradients", 150, 1_000_000), TimeSpan.FromSeconds(1.5));

        Assert.Equal(["integrated_gradients: 1,000,000 passes through the model (steps × (1 forward, 1 backward) + 2 forwards), "
            + "about 2.8 hours more. Ctrl-C ends it."], _said);
    }

    [Theory]
    [InlineData("saliency", 50, 100)] // a second more
    [InlineData("writing", 1, 1000)] // tokens
    [InlineData("evaluating", 1, 1000)] // a share of a file
    public void Look_AtShortWorkOrOtherUnits_SaysNothing(string what, int done, int total)
    {
        new CostNotice(_said.Add).Look(new(what, done, total), TimeSpan.FromSeconds(1));

        Assert.Empty(_said);
    }

    [Fact]
    public void Look_AtTheNextMethodOrText_CountsFromItsBeginning()
    {
        var cost = new CostNotice(_said.Add);

        cost.Look(new("saliency", 1, 1), TimeSpan.FromSeconds(60));
        cost.Look(new("lime", 100, 1000), TimeSpan.FromSeconds(60.5)); // half a second for a tenth
        Assert.Empty(_said);
        cost.Look(null, TimeSpan.FromSeconds(70));
        cost.Look(new("lime", 100, 2000), TimeSpan.FromSeconds(72)); // two seconds for a twentieth

        Assert.Contains("about 38 seconds more", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_WithMoreStepsThanMemoryHolds_IsRefusedBeforeTheModelIsLoaded()
    {
        foreach (string option in (string[])["--steps", "--samples"])
        {
            CliRun.Of(["explain", "x", "--model", "none", option, "2000000000"]).IsRefused(ExitCode.Usage, "10000000");
        }
    }
}
