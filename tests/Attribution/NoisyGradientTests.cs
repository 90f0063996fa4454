using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class NoisyGradientTests
{
    private static readonly AttributionRequest s_raw = new() { KeepRaw = true, Baseline = Baseline.Zero };

    [Fact]
    public void GradientShap_ManySamplesOneBaseline_ApproachesIntegratedGradients()
    {
        float[] sampled = Raw(new GradientShap(), Toys.Network(), s_raw with { Samples = 4000 });

        // three standard errors of 4000 samples
        TensorAssert.Close(sampled, Raw(new IntegratedGradients(), Toys.Network(), s_raw), rtol: 0, atol: 0.06);
    }

    [Fact]
    public void GradientShap_LinearFunction_IsCompleteWithOneSample()
    {
        AttributionResult result = new GradientShap().Attribute(Toys.Linear(), s_raw with { Samples = 1 });

        Assert.All(result.Targets, target => Assert.InRange(Math.Abs(target.Delta!.Value), 0, 1e-5));
    }

    [Theory]
    [InlineData("gradient_shap")]
    [InlineData("smoothgrad")]
    [InlineData("vargrad")]
    public void Method_SameSeed_SameBits(string name)
    {
        AttributionRequest request = s_raw with { Seed = 7, NoiseScale = 0.1 };
        IAttributionMethod method = AttributionMethods.Get(name);

        Assert.Equal(Raw(method, Toys.Network(), request), Raw(method, Toys.Network(), request));
        Assert.NotEqual(Raw(method, Toys.Network(), request), Raw(method, Toys.Network(), request with { Seed = 8 }));
        Assert.Equal(7, method.Attribute(Toys.Network(), request).Seed);
    }

    [Fact]
    public void SmoothGrad_NoNoise_IsTheInnerMethod()
    {
        AttributionRequest request = s_raw with { NoiseScale = 0, Around = "integrated_gradients" };

        TensorAssert.Close(Raw(AttributionMethods.Get("smoothgrad"), Toys.Network(), request),
            Raw(new IntegratedGradients(), Toys.Network(), request));
        Assert.All(Raw(AttributionMethods.Get("vargrad"), Toys.Network(), request), value => Assert.Equal(0, value, 1e-9));
    }

    [Fact]
    public void SmoothGrad_AroundAMethodWithoutGradients_SaysSo() =>
        Assert.Contains("expected a gradient method", Assert.Throws<VitrineException>(
            () => AttributionMethods.Get("smoothgrad").Attribute(Toys.Network(), s_raw with { Around = "occlusion" })).Message,
                StringComparison.Ordinal);

    [Fact]
    public void DeepLiftShap_SeveralBaselines_IsTheMeanOfDeepLift()
    {
        Baseline[] baselines = [Baseline.Zero, Baseline.Token(2), Baseline.Pad];

        float[] mean = Raw(new DeepLiftShap(), Toys.Network(), s_raw with { Baselines = baselines });

        float[][] single = [.. baselines.Select(b => Raw(new DeepLift(), Toys.Network(), s_raw with { Baseline = b }))];
        TensorAssert.Close(mean, [.. mean.Select((_, i) => single.Average(one => one[i]))]);
    }

    [Fact]
    public void SequentialIntegratedGradients_EveryToken_SumsToItsOcclusion()
    {
        AttributionRequest request = new() { Baseline = Baseline.Token(2) };

        AttributionResult sequential = new SequentialIntegratedGradients().Attribute(Toys.TwoSides(), request);
        AttributionResult ablation = new FeatureAblation().Attribute(Toys.TwoSides(), request);

        for (int side = 0; side < 2; side++)
        {
            for (int t = 0; t < 2; t++)
            {
                TensorAssert.Close(sequential.Sides[side].Scores[t], ablation.Sides[side].Scores[t]);
            }
        }
    }

    private static float[] Raw(IAttributionMethod method, ScoreFunction f, AttributionRequest request) =>
        [.. method.Attribute(f, request).Sides.SelectMany(side => side.Raw!.ToArray())];
}
