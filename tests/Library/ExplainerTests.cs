using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Library;

/// <summary>What a program that references the library alone can do, task by task.</summary>
public sealed class ExplainerTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Explain_AClassifier_HasWordsAndPredictions()
    {
        using Explainer explainer = Explainer.Load(_model.Path);

        Explanation why = explainer.Explain("a good movie", new ExplainRequest { Methods = [Methods.Saliency] });

        Assert.Equal(["a", "good", "movie"], why.Words.Select(word => word.Text));
        Assert.Equal("[CLS]", why.Tokens[0].Text);
        Assert.Equal(1, why.Predictions.Sum(prediction => prediction.Probability), 1e-5);
        Assert.Contains("saliency → LABEL_", why.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', why.ToString());
    }

    [Fact]
    public void Explain_TheCommandAndTheLibrary_SayTheSame()
    {
        using Explainer explainer = Explainer.Load(_model.Path);
        string[] words = ["explain", "a good movie", "--model", _model.Path, "--method", "integrated_gradients,lime", "--combine",
            "average", "--top", "2"];

        Explanation why = explainer.Explain("a good movie",
            new ExplainRequest { Methods = [Methods.IntegratedGradients, Methods.Lime], Combine = "average", Top = 2 });

        Assert.Equal(CliRun.Of(words).IsDone().Output, why.ToText(new()));
        Assert.Equal(CliRun.Of([.. words, "--json", "-"]).IsDone().Output, why.ToJson());
        Assert.Equal(CliRun.Of([.. words, "--csv", "-"]).IsDone().Output, why.ToCsv());
        Assert.Equal(CliRun.Of([.. words, "--svg", "-"]).IsDone().Output, why.ToSvg());
        Assert.Equal(CliRun.Of([.. words, "--html", "-"]).IsDone().Output, why.ToHtml());
    }

    [Theory]
    [InlineData("gpt2", "5 6 7", "8 9")]
    [InlineData("llama", "5 6 7", "8 9")]
    [InlineData("marian", "5 6 7 0", "8 9")]
    public void Explain_AModelThatWrites_HasATargetPerToken(string golden, string ids, string forced)
    {
        using Explainer explainer = Explainer.Load(GoldenFolder.Find(golden));

        Explanation why = explainer.Explain(new ExplainRequest { Ids = TokenIds.Parse(ids), ForcedIds = TokenIds.Parse(forced) });

        AttributionResult result = Assert.Single(why.Results);
        Assert.Equal(("input_x_gradient", "probability"), (result.Method, result.StepName));
        Assert.Equal([8, 9], result.Targets.Select(target => target.Id));
        Assert.NotEmpty(why.Words);
    }

    [Fact]
    public void Predict_EveryTask_FillsItsList()
    {
        using var reader = new TinyModel("bert_qa");
        using var filler = new TinyModel("bert_mlm");
        using Explainer classifier = Explainer.Load(_model.Path), answers = Explainer.Load(reader.Path),
            masks = Explainer.Load(filler.Path), next = Explainer.Load(GoldenFolder.Find("gpt2"));

        PredictResult answer = answers.Predict("who wrote it?",
            new PredictRequest { Context = "it was by ada.", Top = 2, NullThreshold = -1000 });

        Assert.Equal(2, classifier.Predict("good").Choices.Count);
        Assert.Equal(2, answer.Answers.Count);
        Assert.True(answer.NoAnswer is { IsChosen: true });
        Assert.Equal(5, Assert.Single(masks.Predict("a good [MASK]").Masks).Count);
        Assert.Equal(3, next.Predict(new PredictRequest { Ids = [5, 6], Top = 3 }).Choices.Count);
        Assert.Equal(CliRun.Of(["predict", "good", "--model", _model.Path]).IsDone().Output, classifier.Predict("good").ToString());
    }

    [Fact]
    public void Generate_AndTranslate_NameTheCallThatWorks()
    {
        using Explainer writer = Explainer.Load(GoldenFolder.Find("gpt2")), translator = Explainer.Load(GoldenFolder.Find("marian")),
            classifier = Explainer.Load(_model.Path);

        GenerateResult written = writer.Generate(new WriteRequest { Ids = [5, 6, 7], MaxNewTokens = 3 });

        Assert.Equal(3, written.Tokens.Count);
        Assert.All(written.Tokens, token => Assert.InRange(token.Probability, 0, 1));
        Assert.NotEmpty(translator.Translate(new WriteRequest { Ids = [5, 6, 7, 0], MaxNewTokens = 3 }).Tokens);
        Assert.Contains("Translate", Refused(() => translator.Generate(new WriteRequest { Ids = [5] })).Message, StringComparison.Ordinal);
        Assert.Contains("Generate", Refused(() => writer.Translate(new WriteRequest { Ids = [5] })).Message, StringComparison.Ordinal);
        Assert.Contains("Predict", Refused(() => classifier.Generate("good")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_ByItsEnding_WritesWhatReadsBack()
    {
        using var folder = new TempFolder();
        using Explainer explainer = Explainer.Load(_model.Path);
        Explanation why = explainer.Explain("a good movie", new ExplainRequest { Methods = [Methods.Saliency] });

        foreach (string name in (string[])["a.html", "a.svg", "a.json", "a.csv", "a.txt"])
        {
            why.Save(folder.File(name));
        }

        Assert.Equal(why.ToSvg(), Explanation.Of(SavedExplanation.Read(folder.File("a.json"))).ToSvg());
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(folder.File("a.html")), StringComparison.Ordinal);
        Assert.Contains(".html, .svg, .png, .json, .csv, .parquet or .txt", Refused(() => why.Save(folder.File("a.doc"))).Message,
            StringComparison.Ordinal);
        Assert.Equal(Fault.Output, Refused(() => why.Save(folder.File("none/a.svg"))).Fault);
    }

    [Fact]
    public async Task ExplainAll_Rows_StopAtNone()
    {
        using Explainer explainer = Explainer.Load(_model.Path);
        List<ExplainedRow> rows = [];

        await foreach (ExplainedRow row in explainer.ExplainAll(["good", "", "a bad movie"],
            new ExplainRequest { Methods = [Methods.Saliency] }, TestContext.Current.CancellationToken))
        {
            rows.Add(row);
        }

        Assert.Equal([true, false, true], rows.Select(row => row.Explanation is not null));
        Assert.Contains("empty", rows[1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_FromManyThreads_SaysTheSame()
    {
        using Explainer explainer = Explainer.Load(_model.Path);
        string expected = explainer.Explain("a good movie").ToJson();

        string[] found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => explainer.Explain("a good movie").ToJson())));

        Assert.All(found, one => Assert.Equal(expected, one));
    }

    [Fact]
    public void Explain_Cancelled_Throws()
    {
        using Explainer explainer = Explainer.Load(_model.Path);

        Assert.ThrowsAny<OperationCanceledException>(() => explainer.Explain("good", cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Explain_Progress_NamesTheMethod()
    {
        using Explainer explainer = Explainer.Load(_model.Path);
        var told = new List<WorkProgress>();

        explainer.Explain("a good movie", new ExplainRequest { Methods = [Methods.IntegratedGradients] }, new Told<WorkProgress>(told.Add));

        Assert.NotEmpty(told);
        Assert.All(told, progress => Assert.Equal("integrated_gradients", progress.What));
    }

    [Fact]
    public void Compare_OneMethod_IsRefused()
    {
        using Explainer explainer = Explainer.Load(_model.Path);

        Assert.Equal(2, explainer.Compare("a good movie", Methods.Saliency, Methods.InputXGradient).Results.Count);
        Assert.Contains("Explain for one", Refused(() => explainer.Compare("a good movie", Methods.Saliency)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoSuchModel_ListsTheShipped()
    {
        RequestException refused = Refused(() => Explainer.Load("sentimnt"));

        Assert.Equal(Fault.Model, refused.Fault);
        Assert.Contains("'sentimnt'", refused.Message, StringComparison.Ordinal);
        Assert.Equal("sentiment", Path.GetFileName(ModelFolder.Find("sentiment")));
        Assert.Equal(ModelFolder.Find("sentiment"), ModelFolder.Find("models/sentiment"));
    }

    [Fact]
    public void Disposed_Asked_Throws()
    {
        Explainer explainer = Explainer.Load(_model.Path);
        explainer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => explainer.Predict("good"));
    }

    [Fact]
    public void Of_AModelInMemory_ExplainsAsLoaded()
    {
        using Explainer loaded = Explainer.Load(_model.Path), made = Explainer.Of(ModelLoader.Load(_model.Path), loaded.Name);

        Assert.Equal(loaded.Explain("a good movie").ToJson(), made.Explain("a good movie").ToJson());
    }

    [Fact]
    public void Methods_Constants_AreTheTable()
    {
        string[] constants = [.. typeof(Methods).GetFields().Select(field => (string)field.GetRawConstantValue()!)];

        Assert.Equal(AttributionMethods.All.Select(method => method.Name), constants);
        Assert.Equal(Methods.All, constants);
    }

    [Fact]
    public void Json_OfEveryResult_NamesItsFormat()
    {
        using Explainer classifier = Explainer.Load(_model.Path), writer = Explainer.Load(GoldenFolder.Find("gpt2"));

        Assert.Equal("vitrine.prediction", Format(classifier.Predict("good").ToJson()));
        Assert.Equal("vitrine.tokens", Format(classifier.Tokenize("good").ToJson()));
        Assert.Equal("vitrine.generation", Format(writer.Generate(new WriteRequest { Ids = [5], MaxNewTokens = 2 }).ToJson()));
        Assert.Equal("vitrine.attribution", Format(classifier.Explain("good").ToJson()));
        Assert.Equal("vitrine.evaluation",
            Format(classifier.Evaluate("a good movie",
                new EvaluateRequest { Methods = [Methods.Saliency], Metrics = ["comprehensiveness"] }).ToJson()));
    }

    private static string? Format(string json) => JsonDocument.Parse(json).RootElement.GetProperty("format").GetString();

    private static RequestException Refused(Action call) => Assert.Throws<RequestException>(call);
}
