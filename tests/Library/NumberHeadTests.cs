using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Library;

/// <summary>Heads that say numbers: shown and explained as they are, with no probability anywhere.</summary>
public sealed class NumberHeadTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Regression_OneOutput_IsTheNumber()
    {
        using Explainer explainer = Load(config => config["problem_type"] = "regression");
        float[] logits = explainer.Model.Forward(ModelInput.Of([5, 6, 7])).ToArray();

        PredictResult said = explainer.Predict(new PredictRequest { Ids = [5, 6, 7] });
        Explanation why = explainer.Explain(new ExplainRequest { Ids = [5, 6, 7] });

        Assert.Equal(logits[0], Assert.Single(said.Choices).Value!.Value, 1e-6);
        Assert.Equal(logits[0], Assert.Single(why.Predictions).Value!.Value, 1e-6);
        AttributionResult result = Assert.Single(why.Results);
        Assert.Equal(("logit", logits[0]), (result.StepName, (float)result.Targets[0].Score));
        Assert.Null(result.Targets[0].Probability);
        Assert.DoesNotContain("%", said.ToString() + why, StringComparison.Ordinal);
        Assert.DoesNotContain("probability", said.ToJson() + why.ToJson(), StringComparison.Ordinal);
        Assert.Equal(logits[0], JsonDocument.Parse(said.ToJson()).RootElement.GetProperty("labels")[0].GetProperty("value").GetSingle(),
            1e-6);
    }

    [Theory]
    [InlineData("probability")]
    [InlineData("entropy")]
    [InlineData("log_odds")]
    public void Regression_AScoreOfProbabilities_IsRefused(string score)
    {
        using Explainer explainer = Load(config => config["problem_type"] = "regression");

        Assert.Contains("no probabilities", Assert.Throws<VitrineException>(() =>
            explainer.Explain(new ExplainRequest { Ids = [5, 6], Score = score })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_ANumber_MeasuresIt()
    {
        using Explainer explainer = Load(config => config["problem_type"] = "regression");

        EvaluateResult done = explainer.Evaluate(new EvaluateRequest
        {
            Ids = [5, 6, 7, 8],
            Methods = [Methods.Saliency],
            Metrics =
            ["comprehensiveness"]
        });

        Assert.Contains(done.Facts, fact => fact is { Name: "score", Value: "logit" });
        Assert.Equal(1, done.Board.Texts);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("torch.nn.modules.activation.Sigmoid", false)]
    [InlineData("torch.nn.modules.linear.Identity", true)]
    public void OneOutput_WithoutAProblemType_IsReadAsTheCrossEncoderSays(string? activation, bool isNumber)
    {
        using Explainer explainer = Load(config =>
        {
            if (activation is not null)
            {
                config["sentence_transformers"] = new System.Text.Json.Nodes.JsonObject { ["activation_fn"] = activation };
            }
        });
        float logit = explainer.Model.Forward(ModelInput.Of([5, 6, 7])).ToArray()[0];

        Choice said = Assert.Single(explainer.Predict(new PredictRequest { Ids = [5, 6, 7] }).Choices);

        Assert.Equal(isNumber ? logit : null, (float?)said.Value);
        Assert.Equal(isNumber ? double.NaN : 1 / (1 + Math.Exp(-logit)), said.Probability, 1e-6);
        double score = explainer.Explain(new ExplainRequest { Ids = [5, 6, 7], Methods = [Methods.Saliency] }).Results[0].Targets[0].Score;
        Assert.Equal(logit, score, 1e-5);
    }

    [Fact]
    public void Rows_OfANumber_HaveItsValue()
    {
        string folder = Write(config => config["problem_type"] = "regression");
        string row = CliRun.Of(["predict", "--model", folder, "--input", "-"], "{\"ids\":\"5 6 7\"}\n").IsDone().Output;

        Assert.DoesNotContain("probability", row, StringComparison.Ordinal);
        Assert.Contains("\"value\":", row, StringComparison.Ordinal);
    }

    private Explainer Load(Action<System.Text.Json.Nodes.JsonObject> edit) => Explainer.Load(Write(edit));

    private string Write(Action<System.Text.Json.Nodes.JsonObject> edit) =>
        TinyModels.Write(_folder.Path, "bert", "BertForSequenceClassification", edit: config =>
    {
        config["id2label"] = new System.Text.Json.Nodes.JsonObject { ["0"] = "LABEL_0" };
        edit(config);
    });
}
