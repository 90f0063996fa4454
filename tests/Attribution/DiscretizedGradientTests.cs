using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class DiscretizedGradientTests
{
    // One column would be too easy: words 0 to 4 in the plane, baseline 0 at the origin.
    private static readonly float[] s_words = [0, 0, 10, 10, 8, 9, 7, 12, 4, 4];

    [Fact]
    public void Words_Greedy_TakesTheNeighbourThatIsMovedLeast()
    {
        // From word 1 at (10, 10): words 2 (8, 9) and 4 (4, 4) lie between and are not moved; word 3 (7, 12) is. Of equals the nearest
        // comes first.
        var path = new MonotonicPath(s_words, 2, PathAnchors.Greedy, 5) { Share = 5 };

        Assert.Equal([1, 2, 4, 3], path.Words(0, 1));
    }

    [Fact]
    public void Between_ColumnThatTurnsBack_IsMovedOneStepTowardsTheBaseline()
    {
        var path = new MonotonicPath(s_words, 2, PathAnchors.Greedy, 5) { Share = 5 };

        float[][] points = path.Between(0, 1);

        Assert.Equal([0f, 0], points[0]);
        Assert.Equal([3.2f, 3.2f], points[1]); // word 3 lies beyond (4, 4) in both columns: 4 − 4/5
        Assert.Equal([4f, 4], points[2]);
        Assert.Equal([8f, 9], points[3]);
        Assert.Equal([10f, 10], points[4]);
    }

    [Theory]
    [InlineData(PathAnchors.Greedy)]
    [InlineData(PathAnchors.MaxCount)]
    public void Between_AnyTwoWords_IsMonotone(PathAnchors anchors)
    {
        float[] vocabulary = RandomTensor.Normal(5, [60, 7]).ToArray();
        var path = new MonotonicPath(vocabulary, 7, anchors, 20) { Share = 20 };

        foreach ((int baseline, int word) in new[] { (0, 1), (7, 31), (59, 3), (4, 4) })
        {
            float[][] points = path.Between(baseline, word);
            Assert.Equal(20, points.Length);
            for (int column = 0; column < 7; column++)
            {
                int direction = Math.Sign(points[^1][column] - points[0][column]);
                Assert.All(points.Zip(points.Skip(1)), pair => Assert.True((pair.Second[column] - pair.First[column]) * direction >= 0));
            }
        }
    }

    [Theory]
    [InlineData("bert_cls")]
    [InlineData("gpt2")]
    [InlineData("marian")]
    public void DiscretizedIntegratedGradients_AskedForAGap_ReachesIt(string name)
    {
        AttributionResult result = new DiscretizedIntegratedGradients().Attribute(
            Models.Function(name), new() { Baseline = Baseline.Token(3), Steps = 10, CompletenessGap = 1e-3 });

        Assert.Empty(result.Warnings);
        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta!.Value), 0,
            1.1e-3 * Math.Max(1e-3, Math.Abs(target.Score - target.BaselineScore!.Value))));
    }

    [Fact]
    public void DiscretizedIntegratedGradients_CompatInseq_IsTheLeftSum()
    {
        ScoreFunction f = Models.Function("gpt2");
        AttributionRequest request = new() { Baseline = Baseline.Token(3), Steps = 6, KeepRaw = true };
        float[] vocabulary = f.Embed(0, Tensor.From([.. Enumerable.Range(0, 97)], [97])).ToArray();
        var paths = new MonotonicPath(vocabulary, 32, PathAnchors.Greedy, 6) { Share = 6 };
        float[][][] points = [.. f.Sides[0].Ids.Select(id => paths.Between(3, id))]; // [pos][step][column]
        double[] sum = new double[f.Sides[0].Length * 32];
        for (int step = 0; step < 5; step++)
        {
            Tensor at = Tensor.From([.. points.SelectMany(p => p[step])], [1, f.Sides[0].Length, 32]);
            float[] gradient = new Saliency().Attribute(new MovedInput(f, [at.Select(0, 0)]), request).Sides[0].Raw!.ToArray();
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += gradient[i] * (points[i / 32][step + 1][i % 32] - points[i / 32][step][i % 32]);
            }
        }

        float[] raw = new DiscretizedIntegratedGradients().Attribute(f, request with { Compat = Compat.Inseq }).Sides[0].Raw!.ToArray();

        TensorAssert.Close(raw.AsSpan(0, sum.Length), sum, rtol: 1e-4, atol: 1e-6);
    }

    [Fact]
    public void DiscretizedIntegratedGradients_NoVocabulary_SaysWhatToUse()
    {
        Assert.Contains("Use integrated_gradients", Assert.Throws<VitrineException>(
            () => new DiscretizedIntegratedGradients().Attribute(Toys.Network(), new())).Message, StringComparison.Ordinal);
        Assert.Contains("expected a token", Assert.Throws<VitrineException>(
            () => new DiscretizedIntegratedGradients().Attribute(Models.Function("gpt2"), new() { Baseline = Baseline.Zero })).Message,
                StringComparison.Ordinal);
    }
}
