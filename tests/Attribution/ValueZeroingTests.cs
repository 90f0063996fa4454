using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class ValueZeroingTests
{
    [Fact]
    public void ValueZeroing_CausalModel_SumsToOneAndSeesNothingLater()
    {
        AttributionResult result = new ValueZeroing().Attribute(Function([7, 21, 33], [5, 6, 8]), new());

        for (int t = 0; t < 3; t++)
        {
            float[] row = result.Sides[0].Scores[t];
            Assert.Equal(1, row.Sum(), 1e-5);
            Assert.All(row[result.Targets[t].Reach[0]..], score => Assert.Equal(0, score));
        }
    }

    [Fact]
    public void ValueZeroing_LittleMemory_ChangesNothing()
    {
        ScoreFunction f = Function([7, 21, 33, 48, 9], [5, 6]);

        float[] roomy = new ValueZeroing().Attribute(f, new() { KeepRaw = true }).Sides[0].Raw!.ToArray();
        float[] tight = new ValueZeroing().Attribute(f, new() { KeepRaw = true, ByteBudget = 1 << 20 }).Sides[0].Raw!.ToArray();

        TensorAssert.Close(tight, roomy);
    }

    [Fact]
    public void ValueZeroing_OneLayer_IsThatLayerOfAll()
    {
        ScoreFunction f = Function([7, 21, 33, 48, 9], [5, 6]);

        float[] all = new ValueZeroing().Attribute(f, new() { KeepRaw = true }).Sides[0].Raw!.ToArray();
        float[] second = new ValueZeroing().Attribute(f, new() { KeepRaw = true, Layers = [1] }).Sides[0].Raw!.ToArray();

        TensorAssert.Close(second, [.. all.Where((_, i) => i % 2 == 1)]);
    }

    [Fact]
    public void ValueZeroing_NoModel_SaysWhatToUse() =>
        Assert.Contains("Use occlusion", Assert.Throws<VitrineException>(() => new ValueZeroing().Attribute(Toys.Network(), new())).Message,
            StringComparison.Ordinal);

    private static ScoreFunction Function(int[] prompt, int[] said)
    {
        GoldenFolder.Find("gpt2", "model.safetensors");
        return Targets.Continuation((ILanguageModel)GoldenModel.Named("gpt2").Model, ExplainedText.Of(prompt), said);
    }
}
