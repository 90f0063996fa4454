using Vitrine.Attributions;
using Vitrine.Serve;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>Features as places, heads that are no language models, and steering.</summary>
public sealed class PlaceTests
{
    private const string Text = "ROMEO: What light";

    [Fact]
    public void Feature_Zero_IsTheSpliceWithoutIt()
    {
        using Explainer explainer = Load("shakespeare");
        SparseAutoencoder sae = Companions.Sae(explainer);
        int feature = int.Parse(explainer.Inside.Features(sae, Text)["activations"].Axes[0].Labels[0],
            System.Globalization.CultureInfo.InvariantCulture);

        InsideResult zero = Places.Intervene(explainer, Text, [$"zero feature:{feature}"], null);
        InsideResult once = Places.Intervene(explainer, Text, [$"scale feature:{feature}=1"], null);
        InsideResult own = Places.Intervene(explainer, Text, [$"patch feature:{feature}"], Text);

        Assert.Equal(explainer.Inside.FeatureEffects(sae, Text, [(feature, 0)],
            cancellation: TestContext.Current.CancellationToken)["kl"].Values, zero["kl"].Values);
        Assert.Contains(zero["kl"].Values, kl => kl > 1e-4);
        Assert.All(once["kl"].Values.Concat(own["kl"].Values), kl => Assert.InRange(kl, -1e-5, 1e-5));
        Assert.Equal(explainer.Inside.Features(sae, Text)["activations"].Values[..zero["kl"].Values.Length],
            Places.Read(explainer, Text, $"feature:{feature}")["size"].Values);
    }

    [Theory]
    [InlineData("feature:4000", "none of that number")]
    [InlineData("feature:3@1", "at all positions")]
    [InlineData("feature", "without a number")]
    public void Feature_ThatIsNone_IsRefused(string place, string part)
    {
        using Explainer explainer = Load("shakespeare");

        Assert.Contains(part, Assert.ThrowsAny<VitrineException>(() => Places.Read(explainer, Text, place)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Lens_OfAReader_EndsWithItsOwnAnswer()
    {
        using Explainer explainer = Load("reader");
        InsideResult lens = explainer.Inside.Lens("Where is Ben?");
        InsideResult unchanged = Places.Intervene(explainer, "Where is Ben?", ["scale blocks.0.hook_resid_pre=1"], null);

        Assert.Equal(["start", "end"], lens["top"].Axes[1].Labels);
        Assert.Equal(unchanged["best"].Texts!.Take(2), lens["top"].Texts!.TakeLast(2));
        Assert.True(unchanged["best"][0, 0] is > 0 and <= 1);
    }

    [Fact]
    public void Steering_OfATranslator_IsNothingAtStrengthZero()
    {
        using Explainer explainer = Load("zh-en");
        InsideTool tool = InsideTools.Get("steer");
        Values asked = new Values().Set("text", "我喜歡音樂。").Set("positive", "我喜歡音樂。").Set("negative", "我討厭音樂。")
            .Set("strengths", "0", "8");

        InsideResult found = tool.Run(explainer, new InsideValues(tool, asked, null, TestContext.Current.CancellationToken));

        int positions = found["kl"].Axes[1].Labels.Count;
        Assert.All(found["kl"].Values[..positions], kl => Assert.Equal(0, kl, 6));
        Assert.Contains(found["kl"].Values[positions..], kl => kl > 1e-3);
        Assert.Equal(found["written"].Texts![0], found["written"].Texts![1]);
    }

    private static Explainer Load(string name) => Explainer.Load(Path.Combine(GoldenFolder.SourceTree(), "models", name));
}
