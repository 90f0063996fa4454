using Xunit;

namespace Vitrine.Tests;

/// <summary>variant_*: the weights of another model under other key names or in shards must give its logits bit by bit.</summary>
public sealed class GoldenVariantTests(ITestOutputHelper output)
{
    public static TheoryData<string> Variants() => [.. GoldenModel.All.Where(m => m.Base is not null).Select(m => m.Name)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Variants))]
    public void Variant_SameWeightsOtherNames_SameBits(string folder)
    {
        GoldenModel variant = GoldenModel.Named(folder), original = variant.Base!;
        GoldenCase[] cases = [.. original.Cases.Where(c => c.Name.StartsWith("forward/", StringComparison.Ordinal))];

        string[] different = [.. cases.Where(c =>
            !variant.Model.Forward(GoldenForward.Input(c)).ToArray().AsSpan()
                .SequenceEqual(original.Model.Forward(GoldenForward.Input(c)).ToArray())).Select(c => c.Name)];

        GoldenReport.Line(output, $"golden {folder} forward of {original.Name}: covered {cases.Length}, "
            + $"passed {cases.Length - different.Length}, failed {different.Length}");
        Assert.Empty(different);
        Assert.Empty(variant.Model.Weights.Missing);
    }
}
