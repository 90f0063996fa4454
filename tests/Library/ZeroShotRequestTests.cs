using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Library;

/// <summary>Labels of a request's own, from the text to the explanation.</summary>
public sealed class ZeroShotRequestTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Predict_OwnLabels_SumToOneOrStandAlone()
    {
        using Explainer explainer = Load("entailment");

        PredictResult shared = explainer.Predict("a good film", new() { Labels = ["sport", "news", "film"] });
        PredictResult alone = explainer.Predict("a good film", new() { Labels = ["sport"], AnyLabels = true, Hypothesis = "about {} ." });

        Assert.Equal(1, shared.Choices.Sum(choice => choice.Probability), 1e-5);
        Assert.Equal(["film", "news", "sport"], shared.Choices.Select(choice => choice.Label).Order());
        Assert.InRange(Assert.Single(alone.Choices).Probability, 0.001, 0.999);
    }

    [Fact]
    public void Explain_OwnLabels_EveryPairIsASide()
    {
        using Explainer explainer = Load("entailment");
        var request = new ExplainRequest { Labels = ["sport", "film"], Targets = ["film"], Methods = ["input_x_gradient", "attention"] };

        Explanation explanation = explainer.Explain("a good film", request);

        Assert.All(explanation.Results, result => Assert.Equal(2, result.Sides.Count));
        Assert.All(explanation.Results, result => Assert.Equal("film", result.Targets[0].Label));
        Assert.All(explanation.Results[1].Sides[0].Scores[0], score => Assert.Equal(0, score)); // attention looks at one pass: film's own
    }

    [Fact]
    public void OwnLabels_WithoutEntailment_SayWhatIsExpected()
    {
        using Explainer explainer = Load("good");

        VitrineException e = Assert.Throws<RequestException>(() => explainer.Predict("a good film", new() { Labels = ["sport", "film"] }));

        Assert.Contains("begins with 'entail'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OwnLabels_TemplateWithoutPlace_IsRefused()
    {
        using Explainer explainer = Load("entailment");
        var request = new PredictRequest { Labels = ["sport", "film"], Hypothesis = "about films" };

        VitrineException e = Assert.ThrowsAny<VitrineException>(() => explainer.Predict("a good film", request));

        Assert.Contains("no place for a label", e.Message, StringComparison.Ordinal);
    }

    private Explainer Load(string label)
    {
        TinyModels.Write(_folder.Path, "bert", "BertForSequenceClassification", edit: config => config["id2label"] = new JsonObject
        {
            ["0"] = "contradiction",
            ["1"] = "neutral",
            ["2"] = label,
        });
        string[] words = [.. "[PAD] [UNK] [CLS] [SEP] [MASK] a good film sport news this example is . about".Split(' ')];
        File.WriteAllLines(_folder.File("vocab.txt"), words.Concat(Enumerable.Range(words.Length, 50 - words.Length).Select(i => $"w{i}")));
        return Explainer.Load(_folder.Path);
    }
}
