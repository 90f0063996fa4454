using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>The memory that inspect states is the memory that is held.</summary>
public sealed partial class WorkingMemoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Families => [.. TinyModels.Families];

    public void Dispose() => _folder.Dispose();

    /// <summary>An example with s targets takes example + s · seed bytes: one target more would not fit.</summary>
    [Theory]
    [InlineData(10_000, 1, 9)]
    [InlineData(10_999, 1, 9)]
    [InlineData(500, 1, 1)]
    [InlineData(21_000, 1, 20)]
    [InlineData(63_000, 3, 20)]
    public void Batching_InAGivenMemory_TakesWhatFits(long budget, int examples, int seeds) =>
        Assert.Equal(new Batching(examples, seeds), Batching.For(Games.Of(3, _ => 1), targets: 20, budget));

    /// <summary>
    /// Counted by hand: a block of GPT-2 keeps what its two norms read (2 d) with a mean and a scale each, queries, keys and values (3 d)
    /// with softmax's sum per head, and what its GELU reads; the last norm what it reads.
    /// </summary>
    [Fact]
    public void KeptPerToken_Gpt2_IsTheSumOfItsParts()
    {
        ITransformer model = TinyModels.Load(_folder.Path, "gpt2");
        int d = 16, mlp = 24, heads = 4, statistics = 2;
        int block = (2 * (d + statistics)) + (3 * d) + heads + mlp;

        Assert.Equal(((2 * block) + d + statistics) * sizeof(float), WorkingMemory.KeptPerToken(model));
    }

    /// <summary>Keys and values of two layers, of the decoder's own text and of the source.</summary>
    [Theory]
    [InlineData("gpt2", 2 * 2 * 16, 0)]
    [InlineData("llama", 2 * 2 * 8, 0)]
    [InlineData("t5", 2 * 2 * 24, 2 * 2 * 24)]
    public void CachedPerToken_IsKeysAndValues(string family, int own, int source)
    {
        ITransformer model = TinyModels.Load(_folder.Path, family);

        Assert.Equal(own * sizeof(float), WorkingMemory.CachedPerToken(model));
        Assert.Equal(source * sizeof(float), WorkingMemory.CachedPerToken(model, ofSource: true));
    }

    /// <summary>What inspect says is copied is what lies in memory of its own and not in the mapped file.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void Inspect_SaysWhatIsCopied(string family)
    {
        ITransformer model = TinyModels.Load(_folder.Path, family);
        long copied = model.Parameters.Select(p => p.Value.Storage).OfType<CpuStorage>().Distinct().Where(s => s.Owner is byte[])
            .Sum(s => s.Bytes);

        string shown = CliRun.Of(["inspect", "--model", _folder.Path]).IsDone().Output;

        Assert.Contains("mapped from the file", shown, StringComparison.Ordinal);
        Match said = Copied().Match(shown);
        Assert.Equal(copied, said.Success ? long.Parse(said.Groups[1].Value.Replace(",", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture) : 0);
    }

    [GeneratedRegex("but for ([0-9,]+) bytes")]
    private static partial Regex Copied();
}
