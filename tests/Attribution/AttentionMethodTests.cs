using Vitrine.Attributions;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class AttentionMethodTests
{
    [Fact]
    public void MaximumFlow_TextbookNetwork_Is23()
    {
        // Cormen et al., Introduction to algorithms, figure 26.1: s, v1, v2, v3, v4, t.
        var pipes = new MaximumFlow();
        foreach ((int from, int to, int capacity) in new[] { (0, 1, 16), (0, 2, 13), (1, 3, 12), (2, 1, 4), (2, 4, 14), (3, 2, 9),
            (3, 5, 20), (4, 3, 7), (4, 5, 4) })
        {
            pipes.Add(from, to, capacity);
        }

        Assert.Equal(23, pipes.Between(0, 5));
        Assert.Equal(23, pipes.Between(0, 5)); // asking changes nothing
        Assert.Equal(0, pipes.Between(5, 0));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert_cls")]
    [InlineData("marian")]
    public void AttentionFlow_EveryToken_IsAtLeastItsRollout(string name)
    {
        ScoreFunction f = Models.Function(name);

        AttributionResult flow = new AttentionFlow().Attribute(f, new()), rollout = new AttentionRollout().Attribute(f, new());

        for (int side = 0; side < f.Sides.Count; side++)
        {
            foreach ((float[] most, float[] share) in flow.Sides[side].Scores.Zip(rollout.Sides[side].Scores))
            {
                Assert.All(most.Zip(share), pair => Assert.InRange(pair.First, pair.Second - 1e-6, 1));
            }
        }
    }

    [Theory]
    [InlineData("attention")]
    [InlineData("attention_rollout")]
    [InlineData("attention_flow")]
    [InlineData("attention_x_gradient")]
    [InlineData("attention_relevance")]
    [InlineData("value_zeroing")]
    [InlineData("alti")]
    public void Method_OnAModelOfOneLayer_Explains(string name)
    {
        using var folder = new Support.TempFolder();
        var model = (ILanguageModel)Support.TinyModels.Load(folder.Path, "gpt2", layers: 1);
        ScoreFunction f = Targets.Continuation(model, ExplainedText.Of([5, 9, 12]), [7]);

        float[] scores = AttributionMethods.Get(name).Attribute(f, new()).Sides[0].Scores[0];

        Assert.Equal(3, scores.Count(score => score != 0));
    }

    [Fact]
    public void AttentionFlow_OneLayer_IsRollout()
    {
        ScoreFunction f = Models.Function("gpt2");
        AttributionRequest request = new() { Layers = [1] };

        TensorAssert.Close(new AttentionFlow().Attribute(f, request).Sides[0].Scores[2],
            new AttentionRollout().Attribute(f, request).Sides[0].Scores[2]);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert_cls")]
    [InlineData("llama")]
    public void AttentionXGradient_SummedOverTokens_IsWhatTheHeadContributes(string name)
    {
        ScoreFunction f = Models.Function(name);
        int heads = f.Transformer!.Info.NHeads, layers = f.Transformer.Info.NLayers;

        Tensor raw = new AttentionXGradient().Attribute(f, new() { KeepRaw = true }).Sides[0].Raw!;

        float[] sums = raw.Sum([1]).ToArray(); // [target, layer, head]
        using var tape = new Tape();
        using ActivationCache cache = f.Cache("blocks.*.attn.hook_z");
        Tensor score = f.Score([.. f.Sides.Select(side => side.Batch)]).Slice(1, 0, 1);
        for (int layer = 0; layer < layers; layer++)
        {
            Tensor z = cache[$"blocks.{layer}.attn.hook_z"];
            float[] expected = (z * tape.Gradient(score, z)[z]).Sum([0, 1, 3]).ToArray();
            TensorAssert.Close(sums.AsSpan(layer * heads, heads), expected, rtol: 1e-4, atol: 1e-6);
        }
    }

    [Fact]
    public void AttentionRelevance_LastLayerAlone_IsOneStep()
    {
        ScoreFunction f = Models.Function("gpt2");
        AttributionRequest request = new() { Layers = [1] };
        float[] favourable = new float[f.Sides[0].Length];
        AttentionPatterns.WithGradients(f, request, (target, a, g) =>
        {
            if (target == 1)
            {
                favourable = (a.Self[0].Pattern * g.Self[0].Pattern).Relu().Mean([0]).Select(0, f.Targets[1].Position!.Value).ToArray();
            }
        });
        favourable[f.Targets[1].Position!.Value] += 1;

        TensorAssert.Close(new AttentionRelevance().Attribute(f, request).Sides[0].Scores[1], favourable);
    }

    [Fact]
    public void AttentionRelevance_LittleMemory_ChangesNothing()
    {
        ScoreFunction f = Models.Function("marian");

        AttributionResult roomy = new AttentionRelevance().Attribute(f, new()),
            tight = new AttentionRelevance().Attribute(f, new() { ByteBudget = 1 << 20 });

        TensorAssert.Close(tight.Sides[0].Scores[1], roomy.Sides[0].Scores[1]);
        TensorAssert.Close(tight.Sides[1].Scores[2], roomy.Sides[1].Scores[2]);
    }
}
