using System.Text.RegularExpressions;
using Vitrine.Serve;
using Vitrine.Tests.Docs;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>The command line and the program that the page shows give what the page shows.</summary>
[Collection(Programs.Name)]
public sealed class ReproductionTests
{
    private static readonly Values s_asked = new Values().Set("text", "it's an \"overlong\" and dull story").Set("targets", "negative")
        .Set("contrast", "positive").Set("methods", "integrated_gradients", "saliency").Set("steps", "8").Set("words", "sum")
        .Set("baseline", "mask").Set("normalize", "l1").Set("skip", "special", "and");

    [Fact]
    public void Command_Run_GivesTheSameJson()
    {
        string line = Reproduction.Command("explain", Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment"), s_asked,
            Asks.Explain);
        string[] words = [.. Regex.Matches(line, @"(?:'(?:[^']|'\\'')*'|[^\s'])+").Skip(1)
            .Select(word => word.Value.Replace("'\\''", "\0", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal)
                .Replace('\0', '\''))];

        string json = CliRun.Of([.. words, "--json", "-"]).IsDone().Output;

        Assert.Equal(Expected().ToJson(), json);
    }

    [Fact]
    public void CSharp_Run_PrintsTheSame()
    {
        string printed = CSharpProgram.Run("reproduction.cs", Reproduction.CSharp("sentiment", s_asked));

        Assert.Equal(Expected().ToString().ReplaceLineEndings("\n"), printed.TrimEnd('\n') + "\n");
    }

    [Fact]
    public void Fields_EveryOption_IsOneOfTheCommand()
    {
        string help = CliRun.Of(["explain", "--help-all"]).Output;

        Assert.All(Fields.Of(Asks.Explain).Where(field => field.Option.Length > 0),
            field => Assert.Contains(field.Option, help, StringComparison.Ordinal));
        Assert.All(Fields.All, field => Assert.NotNull(typeof(ExplainRequest).GetProperty(field.Property)));
    }

    [Fact]
    public void Command_ATextThatLooksLikeAnOption_StandsAfterTheDashes() => Assert.Equal(
        "vitrine explain --model sentiment --quantize int8 -- '--model'",
        Reproduction.Command("explain", "sentiment@int8", new Values().Set("text", "--model"), Asks.Explain).Replace(" -- --model",
            " -- '--model'",
            StringComparison.Ordinal));

    private static Explanation Expected()
    {
        using var explainer = Explainer.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment"));
        return explainer.Explain(RequestReader.Request<ExplainRequest>(s_asked, Asks.Explain, new()));
    }
}
