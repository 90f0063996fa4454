using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Cli;

/// <summary>
/// With <c>--deterministic</c> a machine without 512-bit vectors, and one with other numbers of cores, gives the same bits.
/// </summary>
public sealed class DeterministicTests
{
    [Fact]
    public void Explain_OnNarrowerVectorsAndFewerThreads_GivesTheSameBits()
    {
        Assert.SkipUnless(Avx2.IsSupported && Fma.IsSupported, "no AVX2 and FMA");
        string wide = Explained("1", "--deterministic");

        Assert.Equal(wide, Explained("0", "--deterministic"));
        Assert.Equal(wide, Explained("1", "--deterministic", "--threads", "3"));
        Assert.Equal(wide, Explained("0")); // the fixed width is that of a machine without wider ones
        Assert.Contains("256-bit fixed", Run("1", "--deterministic"), StringComparison.Ordinal);
    }

    /// <summary>The targets and sides of an explanation, as text.</summary>
    private static string Explained(string avx512, params string[] more)
    {
        JsonNode result = JsonNode.Parse(Run(avx512, more))!["result"]!;
        return result["targets"]!.ToJsonString() + result["sides"]!.ToJsonString();
    }

    private static string Run(string avx512, params string[] more)
    {
        using Child child = Child.Vitrine(["explain", "--model", Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment"),
            "a gorgeous, witty, seductive movie", "--method", "integrated_gradients", "--json", "-", .. more], null,
            ("DOTNET_EnableAVX512", avx512), ("DOTNET_EnableAVX512F", avx512));
        return child.Wait().IsDone().Output;
    }
}
