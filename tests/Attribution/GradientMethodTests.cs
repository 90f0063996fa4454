using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class GradientMethodTests
{
    private static readonly AttributionRequest s_raw = new() { KeepRaw = true, Baseline = Baseline.Zero };

    public static TheoryData<string> Methods =>
    [
        .. AttributionMethods.All.Where(m => m is Saliency or InputXGradient or IntegratedGradients or SequentialIntegratedGradients
            or DeepLift or GradientShap or NoiseTunnel).Select(m => m.Name),
    ];

    [Fact]
    public void Saliency_Network_IsTheGradient()
    {
        ToyScoreFunction f = Toys.Network();

        AttributionResult result = new Saliency().Attribute(f, s_raw);

        float[] gradient = Raw(result), input = f.Sides[0].Embeddings.ToArray();
        int size = input.Length;
        for (int t = 0; t < 3; t++)
        {
            for (int i = 0; i < size; i += 4)
            {
                const float h = 0.01f;
                double slope = (At(i, h)[t] - At(i, -h)[t]) / (2 * h);
                Assert.Equal(slope, gradient[(t * size) + i], 2e-3);
            }
        }

        float[] At(int i, float h)
        {
            float[] x = [.. input];
            x[i] += h;
            return f.Score([Tensor.From(x, f.Sides[0].Embeddings.Shape.Prepend(1))]).ToArray();
        }
    }

    [Theory]
    [InlineData("sum")]
    [InlineData("vnorm")]
    [InlineData("l1")]
    [InlineData("mean")]
    [InlineData("absmax")]
    public void Aggregator_Named_IsAppliedToEveryToken(string name)
    {
        AttributionResult result = new Saliency().Attribute(Toys.Network(), s_raw with { Aggregator = name });

        float[] raw = Raw(result);
        for (int p = 0; p < 7; p++)
        {
            Assert.Equal(Aggregators.Get(name).Of(raw.AsSpan(p * Toys.Width, Toys.Width)), result.Sides[0].Scores[0][p]);
        }
    }

    [Fact]
    public void InputXGradient_LinearFunction_IsComplete()
    {
        ToyScoreFunction f = Toys.Linear();

        AttributionResult result = new InputXGradient().Attribute(f, AttributionRequest.Default);

        float[] atZero = f.Score([Tensor.Zeros(f.Sides[0].Embeddings.Shape.Prepend(1))]).ToArray();
        Assert.All(Enumerable.Range(0, 3), t => Assert.Equal(result.Targets[t].Score - atZero[t], result.Sides[0].Scores[t].Sum(), 1e-5));
    }

    [Theory]
    [InlineData("gausslegendre", 50, 1e-5)]
    [InlineData("riemann_middle", 400, 1e-3)]
    [InlineData("riemann_left", 400, 2e-2)]
    [InlineData("riemann_right", 400, 2e-2)]
    [InlineData("riemann_trapezoid", 400, 1e-3)]
    public void IntegratedGradients_EveryQuadrature_IsComplete(string quadrature, int steps, double gap)
    {
        AttributionRequest request = s_raw with { Quadrature = Quadrature.Get(quadrature), Steps = steps };

        AttributionResult one = new IntegratedGradients().Attribute(Toys.Network(), request);
        AttributionResult two = new IntegratedGradients().Attribute(Toys.TwoSides(), request);

        Assert.All(one.Targets.Concat(two.Targets), target => Assert.InRange(Math.Abs(target.Delta ?? 1), 0, gap));
    }

    [Fact]
    public void IntegratedGradients_LinearFunction_EqualsGradientTimesDifferenceInOneStep()
    {
        AttributionResult ig = new IntegratedGradients().Attribute(Toys.Linear(), s_raw with { Steps = 1 });
        AttributionResult product = new InputXGradient().Attribute(Toys.Linear(), s_raw);

        TensorAssert.Close(Raw(ig), Raw(product));
    }

    [Fact]
    public void IntegratedGradients_PadBaseline_KeepsSpecialTokens()
    {
        AttributionResult result = new IntegratedGradients().Attribute(Toys.Network(), AttributionRequest.Default);

        Assert.Equal("pad", result.Baseline);
        Assert.All(result.Sides[0].Scores, row => Assert.Equal([0, 0], [row[0], row[^1]]));
        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta ?? 1), 0, 1e-5));
    }

    [Fact]
    public void IntegratedGradients_Adaptive_ReachesTheGapThatFixedStepsMiss()
    {
        AttributionRequest request = new() { Baseline = Baseline.Zero, Steps = 50 };

        AttributionResult plain = new IntegratedGradients().Attribute(Toys.Steep(), request);
        AttributionResult adaptive = new IntegratedGradients().Attribute(Toys.Steep(), request with { CompletenessGap = 1e-3 });

        double change = Math.Abs(adaptive.Targets[0].Score - (adaptive.Targets[0].BaselineScore ?? 0));
        Assert.True(Math.Abs(plain.Targets[0].Delta ?? 0) > 1e-3 * change);
        Assert.InRange(Math.Abs(adaptive.Targets[0].Delta ?? 1), 0, 1e-3 * change);
        Assert.Empty(adaptive.Warnings);
    }

    [Fact]
    public void IntegratedGradients_AdaptiveWithoutEnoughSteps_SaysSo()
    {
        AttributionResult result =
            new IntegratedGradients().Attribute(Toys.Steep(), new() { Baseline = Baseline.Zero, CompletenessGap = 1e-6, MaxSteps = 16 });

        Assert.Contains("was not reached within 8 steps", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_FunctionWrittenInAnotherWay_GivesTheSame(string name)
    {
        IAttributionMethod method = AttributionMethods.Get(name);

        TensorAssert.Close(Raw(method.Attribute(Toys.NetworkRewritten(), s_raw)), Raw(method.Attribute(Toys.Network(), s_raw)));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_LessMemory_ChangesNothing(string name)
    {
        IAttributionMethod method = AttributionMethods.Get(name);

        float[] all = Raw(method.Attribute(Toys.Network(), s_raw));
        float[] oneSeed = Raw(method.Attribute(Toys.Network(seedBytes: 1 << 30), s_raw));
        float[] oneExample = Raw(method.Attribute(Toys.Network(exampleBytes: 1 << 30), s_raw));

        TensorAssert.Close(oneSeed, all, rtol: 1e-5, atol: 1e-6);
        TensorAssert.Close(oneExample, all, rtol: 1e-5, atol: 1e-6);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_AllTargetsInOneSweep_EqualsOneByOne(string name)
    {
        IAttributionMethod method = AttributionMethods.Get(name);
        float[] together = Raw(method.Attribute(Toys.Network(), s_raw));

        for (int t = 0; t < 3; t++)
        {
            int target = t;
            var alone = new ToyScoreFunction(x => Toys.Network().Score(x).Slice(1, target, 1), 1,
                RandomTensor.Normal(1, [11, Toys.Width]), Toys.Network().Sides[0].Ids);
            TensorAssert.Close(Raw(method.Attribute(alone, s_raw)), together.AsSpan(t * 35, 35), rtol: 1e-5, atol: 1e-6);
        }
    }

    [Fact]
    public void IntegratedGradients_SumOfTwoFunctions_IsTheSumOfTheirs()
    {
        ToyScoreFunction sum = new(x => Toys.Network().Score(x).Scale(2) + Toys.Linear().Score(x), 3,
            RandomTensor.Normal(1, [11, Toys.Width]), Toys.Network().Sides[0].Ids);
        var method = new IntegratedGradients();

        float[] first = Raw(method.Attribute(Toys.Network(), s_raw)), second = Raw(method.Attribute(Toys.Linear(), s_raw));

        TensorAssert.Close(Raw(method.Attribute(sum, s_raw)), [.. first.Zip(second, (a, b) => (2 * a) + b)]);
    }

    [Fact]
    public void Method_Cancelled_Stops()
    {
        using var source = new CancellationTokenSource();
        ToyScoreFunction f = Toys.Network(exampleBytes: 1 << 30);
        var progress = new Told<AttributionProgress>(_ => source.Cancel());

        Assert.Throws<OperationCanceledException>(() =>
            new IntegratedGradients().Attribute(f, new() { Cancellation = source.Token, Progress = progress }));
        Assert.Equal(3, f.Forwards); // both ends, and the first point
    }

    [Fact]
    public void Get_MisspeltName_NamesTheNearest()
    {
        VitrineException e = Assert.Throws<VitrineException>(() => AttributionMethods.Get("integrated-gradient"));

        Assert.Contains("Did you mean 'integrated_gradients'?", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Request_ValueOutOfRange_IsRefusedWhereItIsSet()
    {
        Assert.Contains("expected a number from 1 to", Assert.Throws<VitrineException>(() => new AttributionRequest { Steps = 0 }).Message,
            StringComparison.Ordinal);
        Assert.Throws<VitrineException>(() => new AttributionRequest { CompletenessGap = 1 });
        Assert.Throws<VitrineException>(() => new AttributionRequest { Aggregator = "summ" });
    }

    private static float[] Raw(AttributionResult result) => [.. result.Sides.SelectMany(side => side.Raw!.ToArray())];
}
