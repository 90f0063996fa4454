using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Zero-shot labels on a model of natural language inference: BART's classifier with contradiction, neutral, entailment.</summary>
public class ZeroShotTests
{
    private static readonly string[] s_labels = ["sports", "news", "weather"];

    // <s> text </s></s> hypothesis </s>, of different lengths
    private static readonly ExplainedText[] s_pairs =
    [
        ExplainedText.Of([0, 47, 15, 2, 2, 12, 15, 2]),
        ExplainedText.Of([0, 47, 15, 2, 2, 33, 2]),
        ExplainedText.Of([0, 47, 15, 2, 2, 71, 8, 9, 2]),
    ];

    private static ITransformer Model => ModelLoader.Load(GoldenFolder.Find("bart_cls"));

    [Fact]
    public void Predict_LabelsThatCompete_IsTheSoftmaxOfTheirEntailments()
    {
        ITransformer model = Model;
        double[] e = [.. s_pairs.Select(pair => Math.Exp(model.Forward(ModelInput.Of(pair.Ids)).ToArray()[2]))];

        IReadOnlyList<double> p = ZeroShot.Predict(model, s_pairs);

        Assert.Equal(e.Select(x => x / e.Sum()), p, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(1, p.Sum(), 9);
    }

    [Fact]
    public void Predict_LabelsThatDoNotCompete_IsEntailmentAgainstContradiction()
    {
        ITransformer model = Model;
        float[][] logits = [.. s_pairs.Select(pair => model.Forward(ModelInput.Of(pair.Ids)).ToArray())];

        IReadOnlyList<double> p = ZeroShot.Predict(model, s_pairs, isMultiLabel: true);

        Assert.Equal(logits.Select(row => Math.Exp(row[2]) / (Math.Exp(row[2]) + Math.Exp(row[0]))), p, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Score_Probability_IsWhatIsPredicted(bool isMultiLabel)
    {
        ITransformer model = Model;

        ScoreFunction f = Targets.ZeroShotLabels(model, s_pairs, s_labels, [0, 1, 2], isMultiLabel, "probability");

        float[] scores = f.Score([.. f.Sides.Select(side => side.Batch)]).ToArray();
        Assert.Equal(ZeroShot.Predict(model, s_pairs, isMultiLabel), scores.Select(x => (double)x), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(s_labels, f.Targets.Select(target => target.Label));
    }

    [Fact]
    public void IntegratedGradients_OfALabelsShare_SumToItsChange()
    {
        ScoreFunction f = Targets.ZeroShotLabels(Model, s_pairs, s_labels, [1], step: "probability");

        AttributionResult result = new IntegratedGradients().Attribute(f, new() { Steps = 100, Quadrature = Quadrature.GaussLegendre });

        Assert.Equal(3, result.Sides.Count);
        Assert.InRange(Math.Abs(result.Targets[0].Delta!.Value), 0, 1e-3);
        Assert.All(result.Sides, side => Assert.Contains(side.Scores[0], score => score != 0)); // all labels share one softmax
    }

    [Fact]
    public void Labels_WithoutEntailment_AreRefused()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "bert", "BertForSequenceClassification");

        VitrineException e = Assert.Throws<VitrineException>(() => ZeroShot.Predict(model, s_pairs));

        Assert.Contains("expected a sequence classifier with a label that begins with 'entail'", e.Message, StringComparison.Ordinal);
        Assert.Throws<VitrineException>(() => Targets.ZeroShotLabels(Model, s_pairs, ["a", "b"]));
        Assert.Throws<VitrineException>(() => Targets.ZeroShotLabels(Model, s_pairs, ["a", "b", "a"]));
        Assert.Throws<VitrineException>(() => Targets.ZeroShotLabels(Model, s_pairs[..1], ["a"]));
    }
}
