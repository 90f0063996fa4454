using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Laws of every method that perturbs its input.</summary>
public class PerturbationMethodTests
{
    private static readonly double[] s_worth = [1.5, -0.5, 0, 2.25, -1, 0.125];

    /// <summary>Methods whose answer for a function without interactions is that function's coefficients.</summary>
    public static TheoryData<string> Methods =>
        ["feature_ablation", "occlusion", "shapley_values", "shapley_value_sampling", "kernel_shap", "partition_shap", "lime"];

    private static AttributionRequest Request => new() { Surrogate = Surrogate.LeastSquares, Samples = 100 };

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_AdditiveGame_ReturnsItsCoefficients(string name)
    {
        float[] scores = AttributionMethods.Get(name).Attribute(Games.Of(6, Games.Additive(s_worth)), Request).Sides[0].Scores[0];

        TensorAssert.Close(scores, Array.ConvertAll(s_worth, worth => (float)worth), atol: 1e-5);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_GroupsInAnAdditiveGame_ShareTheSumOfTheirMembers(string name)
    {
        AttributionRequest request = Request with { FeatureGroups = [[7, 2, 2, 7, -1, 3]] };

        float[] scores = AttributionMethods.Get(name).Attribute(Games.Of(6, Games.Additive(s_worth)), request).Sides[0].Scores[0];

        TensorAssert.Close(scores, [1.875f, -0.25f, -0.25f, 1.875f, 0, 0.125f], atol: 1e-5);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_GroupsInCaptumsWay_EachMemberHasTheWholeScore(string name)
    {
        AttributionRequest request = Request with
        {
            FeatureGroups = [[7, 2, 2, 7, -1, 3]],
            Compat = Compat.Captum,
            Baseline = Baseline.Pad
        };

        float[] scores = AttributionMethods.Get(name).Attribute(Games.Of(6, Games.Additive(s_worth)), request).Sides[0].Scores[0];

        TensorAssert.Close(scores, [3.75f, -0.5f, -0.5f, 3.75f, 0, 0.125f], atol: 1e-4);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_OneExampleAtATime_EqualsAllTogether(string name)
    {
        IAttributionMethod method = AttributionMethods.Get(name);

        AttributionResult together = method.Attribute(Toys.TwoSides(), Request), alone = method.Attribute(OneAtATime(), Request);

        for (int side = 0; side < 2; side++)
        {
            TensorAssert.Close(alone.Sides[side].Scores[1], together.Sides[side].Scores[1], rtol: 1e-4, atol: 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_SameSeed_GivesTheSameBits(string name)
    {
        AttributionRequest request = Request with { Samples = 20, Seed = 5 };

        Assert.Equal(
            AttributionMethods.Get(name).Attribute(Toys.Network(), request).Sides[0].Scores[0],
            AttributionMethods.Get(name).Attribute(Toys.Network(), request).Sides[0].Scores[0]);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_TokensTheBaselineKeeps_GetZero(string name)
    {
        AttributionResult result = AttributionMethods.Get(name).Attribute(Toys.Network(), Request);

        Assert.All(result.Sides[0].Scores, row => Assert.Equal([0, 0], [row[0], row[^1]]));
        Assert.All(result.Sides[0].Scores, row => Assert.DoesNotContain(0, row[1..^1]));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_Padding_GetsZeroAndChangesNothing(string name)
    {
        GoldenModel golden = GoldenModel.Named("bert_cls");
        Assert.SkipUnless(Directory.Exists(golden.Folder), $"no golden folder at {golden.Folder}");
        IAttributionMethod method = AttributionMethods.Get(name);
        ScoreFunction plain = Targets.Labels(golden.Model, ExplainedText.Of([1, 54, 80, 52, 2]), [1]);
        ScoreFunction padded = Targets.Labels(golden.Model,
            ExplainedText.Of([1, 54, 80, 52, 2, 0, 0]) with { Mask = [1, 1, 1, 1, 1, 0, 0] }, [1]);
        AttributionRequest request = Request with { Baseline = Baseline.Zero };

        float[] expected = method.Attribute(plain, request).Sides[0].Scores[0],
            actual = method.Attribute(padded, request).Sides[0].Scores[0];

        TensorAssert.Close(actual, [.. expected, 0, 0], rtol: 1e-4, atol: 1e-5);
        Assert.Equal([0f, 0f], actual[^2..]);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_CausalModel_LaterTokensGetZero(string name)
    {
        GoldenModel golden = GoldenModel.Named("gpt2");
        Assert.SkipUnless(Directory.Exists(golden.Folder), $"no golden folder at {golden.Folder}");
        ScoreFunction f = Targets.Continuation((ILanguageModel)golden.Model, ExplainedText.Of([19, 85, 12]), [17, 33, 5]);

        AttributionResult result = AttributionMethods.Get(name).Attribute(f, Request with { Baseline = Baseline.Token(0) });

        Assert.Equal([0f, 0f], result.Sides[0].Scores[0][3..]);
        Assert.Equal(0f, result.Sides[0].Scores[1][4]);
        Assert.All(result.Sides[0].Scores[2], score => Assert.NotEqual(0, score));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_InCaptumsWay_LeavesWhatWasGeneratedAlone(string name)
    {
        GoldenModel golden = GoldenModel.Named("gpt2");
        Assert.SkipUnless(Directory.Exists(golden.Folder), $"no golden folder at {golden.Folder}");
        ScoreFunction f = Targets.Continuation((ILanguageModel)golden.Model, ExplainedText.Of([19, 85, 12]), [17, 33, 5], "logit");

        AttributionResult result = AttributionMethods.Get(name).Attribute(f,
            Request with { Baseline = Baseline.Token(0), Compat = Compat.Captum });

        Assert.All(result.Sides[0].Scores, row => Assert.Equal([0f, 0f], row[3..]));
        Assert.All(result.Sides[0].Scores, row => Assert.DoesNotContain(0, row[..3]));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_Cancelled_Stops(string name)
    {
        using var source = new CancellationTokenSource();
        var progress = new Told<AttributionProgress>(_ => source.Cancel());

        Assert.Throws<OperationCanceledException>(() => AttributionMethods.Get(name)
            .Attribute(Toys.Network(), Request with { Cancellation = source.Token, Progress = progress }));
    }

    [Fact]
    public void Occlusion_WindowOfOne_IsFeatureAblation()
    {
        AttributionResult occlusion = new Occlusion().Attribute(Toys.TwoSides(), Request),
            ablation = new FeatureAblation().Attribute(Toys.TwoSides(), Request);

        Assert.Equal(ablation.Sides.SelectMany(side => side.Scores[0]), occlusion.Sides.SelectMany(side => side.Scores[0]));
    }

    [Fact]
    public void Occlusion_OverlappingWindows_GiveTheirMean()
    {
        AttributionResult result = new Occlusion().Attribute(Games.Of(6, Games.Additive(s_worth)), Request with { Window = 3, Stride = 2 });

        // windows 0–2, 2–4 and, over the end, 4–5: worth 1, 1.25 and −0.875
        TensorAssert.Close(result.Sides[0].Scores[0], [1, 1, 1.125f, 1.25f, 0.1875f, -0.875f]);
    }

    [Fact]
    public void Occlusion_InInseqsWay_IsAbsolute()
    {
        AttributionResult result = new Occlusion().Attribute(Games.Of(6, Games.Additive(s_worth)),
            Request with { Compat = Compat.Inseq, Baseline = Baseline.Pad });

        TensorAssert.Close(result.Sides[0].Scores[0], [1.5f, 0.5f, 0, 2.25f, 1, 0.125f]);
    }

    [Fact]
    public void Lime_Lasso_DropsWhatMattersLittle()
    {
        AttributionResult result = new Lime().Attribute(Games.Of(6, Games.Additive(s_worth)),
            Request with { Surrogate = Surrogate.Lasso(0.05), KernelWidth = 10 });

        Assert.Equal([0f, 0f], [result.Sides[0].Scores[0][2], result.Sides[0].Scores[0][5]]);
        Assert.InRange(result.Sides[0].Scores[0][3], 1.8, 2.25);
    }

    [Fact]
    public void Lime_AskedForSamples_TakesTheTextAndDrawsTheOthers()
    {
        var random = new CountedRandom();

        new Lime().Attribute(Games.Of(6, Games.Additive(s_worth)), Request with { Samples = 16, Randomness = _ => random });

        Assert.Equal(15, random.Ranges);
    }

    private sealed class CountedRandom : Random
    {
        public int Ranges { get; private set; }

        public override int Next(int minValue, int maxValue)
        {
            Ranges += minValue == 1 && maxValue == 7 ? 1 : 0; // how many of the six are absent
            return base.Next(minValue, maxValue);
        }
    }

    [Fact]
    public void Method_WrongRequest_SaysWhatIsWrong()
    {
        ToyScoreFunction f = Games.Of(3, _ => 1);

        Assert.Contains("got window 1 and stride 2", Message(() => new Occlusion().Attribute(f, new() { Stride = 2 })),
            StringComparison.Ordinal);
        Assert.Contains("got 2 numbers; expected 3", Message(() => new Lime().Attribute(f, new() { FeatureGroups = [[0, 1]] })),
            StringComparison.Ordinal);
        Assert.Contains("nothing to perturb", Message(() => new KernelShap().Attribute(f, new() { Baseline = Baseline.Token(2) })),
            StringComparison.Ordinal);
        Assert.Contains("expected least_squares, ridge:ALPHA or lasso:ALPHA", Message(() => Surrogate.Parse("elastic")),
            StringComparison.Ordinal);
    }

    private static string Message(Action action) => Assert.Throws<VitrineException>(action).Message;

    private static ToyScoreFunction OneAtATime()
    {
        ToyScoreFunction all = Toys.TwoSides();
        return new(all.Score, 2, RandomTensor.Normal(1, [11, Toys.Width]), all.Sides[0].Ids, all.Sides[1].Ids) { ExampleBytes = 1 << 30 };
    }
}
