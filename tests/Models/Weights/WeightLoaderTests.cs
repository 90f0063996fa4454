using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Weights;

public sealed class WeightLoaderTests : IDisposable
{
    private static readonly CheckpointStyle s_marian = Fairseq.Style(shared: true, tied: true,
        new() { [".embed_positions.weight"] = "waves" });

    private readonly TempFolder _folder = new();

    private WeightsFolder? _saved;

    public void Dispose()
    {
        _saved?.Dispose();
        _folder.Dispose();
    }

    // Variant, the model whose weights it holds in another spelling, what it has left over, how much it has to ignore.
    public static TheoryData<string, string, CheckpointStyle, string[], int> Variants() => new()
    {
        { "variant_gpt2_noprefix", "gpt2", CheckpointStyle.Gpt2, [], 2 },
        { "variant_gpt2_sharded", "gpt2", CheckpointStyle.Gpt2, [], 0 },
        {
            "variant_bert_mlm_gamma_beta", "bert_mlm", CheckpointStyle.Bert,
            ["bert.pooler.dense.bias", "bert.pooler.dense.weight", "cls.seq_relationship.bias", "cls.seq_relationship.weight"], 2
        },
        { "variant_marian_untied_keys", "marian", s_marian, [], 5 },
        { "llama", "llama", CheckpointStyle.Llama with { Tied = [] }, [], 0 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Load_VariantAskedByTodaysNames_GivesTheBaseModelsBits(
        string variant, string model, CheckpointStyle style, string[] unused, int ignored)
    {
        using WeightsFolder asked = WeightsFolder.Open(GoldenFolder.Find(model));
        using WeightsFolder held = WeightsFolder.Open(GoldenFolder.Find(variant));
        WeightLoader loader = new(held, style);

        foreach (string name in asked.Names)
        {
            Tensor expected = asked.Read(name);
            Assert.Equal(expected.ToArray(), loader.Load(name, expected.Shape).ToArray());
        }

        WeightReport report = loader.Report().RequireComplete();
        Assert.Equal(unused, report.Unused);
        Assert.Equal(ignored, report.Ignored.Count);
    }

    [Fact]
    public void Load_TiedNameTheFileLacks_GivesTheVeryTensorOfItsTwin()
    {
        using WeightsFolder folder = WeightsFolder.Open(GoldenFolder.Find("gpt2"));
        WeightLoader loader = new(folder, CheckpointStyle.Gpt2);

        Tensor embedding = loader.Load("transformer.wte.weight", [97, 32]);
        Tensor head = loader.Load("lm_head.weight", [97, 32]);

        Assert.Same(embedding, head);
        Assert.True(loader.Has("lm_head.weight"));
        Assert.False(loader.Has("lm_head.bias"));
    }

    [Fact]
    public void Load_OnlyTheTwinIsInTheFile_IsFoundThroughTheTie()
    {
        WeightLoader loader = Saved(CheckpointStyle.Gpt2, new WeightData("lm_head.weight", Tensor.From([1f, 2], [2, 1])));

        Assert.Equal([1f, 2], loader.Load("transformer.wte.weight", [2, 1]).ToArray());
    }

    [Fact]
    public void Load_WithoutTies_ReportsTheHeadAsMissing()
    {
        WeightLoader loader = Saved(
            CheckpointStyle.Llama with { Tied = [] }, new WeightData("model.embed_tokens.weight", Tensor.From([1f, 2], [2, 1])));

        _ = loader.Load("lm_head.weight", [2, 1]);

        Assert.Equal(["lm_head.weight"], loader.Report().Missing);
    }

    [Fact]
    public void Report_TiedCopyWithOtherBits_IsUnusedNotIgnored()
    {
        WeightLoader loader = Saved(CheckpointStyle.Gpt2,
            new WeightData("wte.weight", Tensor.From([1f, 2], [2, 1])), new WeightData("lm_head.weight", Tensor.From([1f, 3], [2, 1])));

        _ = loader.Load("transformer.wte.weight", [2, 1]);

        Assert.Equal(["lm_head.weight"], loader.Report().Unused);
        Assert.Empty(loader.Report().Ignored);
    }

    [Fact]
    public void RequireComplete_SeveralFaults_ListsThemAll()
    {
        WeightLoader loader = Saved(CheckpointStyle.Gpt2,
            new WeightData("wte.weight", Tensor.From([1f, 2], [2, 1])), new WeightData("other.weight", Tensor.From([1f], [1])));

        Tensor standIn = loader.Load("transformer.ln_f.weight", [3]);
        _ = loader.Load("transformer.ln_f.bias", [3]);
        _ = loader.Load("transformer.wte.weight", [50257, 768]);

        Assert.Equal([0f, 0, 0], standIn.ToArray());
        WeightException e = Assert.Throws<WeightException>(() => loader.Report().RequireComplete());
        Assert.Contains("2 missing: transformer.ln_f.bias, transformer.ln_f.weight", e.Message, StringComparison.Ordinal);
        Assert.Contains("'wte.weight' is [2, 1] where config.json implies [50257, 768]", e.Message, StringComparison.Ordinal);
        Assert.Contains("left unused: 'other.weight'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AfterTheFolderIsClosed_TensorsStayValid()
    {
        Tensor weight;
        using (WeightsFolder folder = WeightsFolder.Open(GoldenFolder.Find("gpt2")))
        {
            weight = new WeightLoader(folder, CheckpointStyle.Gpt2).Load("transformer.ln_f.weight", [32]);
        }

        GC.Collect();

        Assert.All(weight.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    private WeightLoader Saved(CheckpointStyle style, params WeightData[] tensors)
    {
        SafetensorsWriter.Save(_folder.File("model.safetensors"), tensors, cancellation: TestContext.Current.CancellationToken);
        _saved = WeightsFolder.Open(_folder.Path);
        return new WeightLoader(_saved, style);
    }
}
