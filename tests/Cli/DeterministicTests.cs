using System.Diagnostics;
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
    public async Task Explain_OnNarrowerVectorsAndFewerThreads_GivesTheSameBits()
    {
        Assert.SkipUnless(Avx2.IsSupported && Fma.IsSupported, "no AVX2 and FMA");
        string wide = await Explained("1", "--deterministic");

        Assert.Equal(wide, await Explained("0", "--deterministic"));
        Assert.Equal(wide, await Explained("1", "--deterministic", "--threads", "3"));
        Assert.Equal(wide, await Explained("0")); // the fixed width is that of a machine without wider ones
        Assert.Contains("256-bit fixed", await Run("1", "--deterministic"), StringComparison.Ordinal);
    }

    /// <summary>The targets and sides of an explanation, as text.</summary>
    private static async Task<string> Explained(string avx512, params string[] more)
    {
        JsonNode result = JsonNode.Parse(await Run(avx512, more))!["result"]!;
        return result["targets"]!.ToJsonString() + result["sides"]!.ToJsonString();
    }

    private static async Task<string> Run(string avx512, params string[] more)
    {
        var start = new ProcessStartInfo("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "Vitrine.Cli.dll"), "explain", "--model",
            Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment"), "a gorgeous, witty, seductive movie",
            "--method", "integrated_gradients", "--json", "-", .. more,
        ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_EnableAVX512"] = avx512;
        start.Environment["DOTNET_EnableAVX512F"] = avx512;
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
