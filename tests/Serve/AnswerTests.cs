using System.Text.Json;
using Vitrine.Serve;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>Every route answers, with what the library says.</summary>
public sealed class AnswerTests(SharedService shared) : IClassFixture<SharedService>
{
    private Service Service => shared.Service;

    public static TheoryData<string> Routes => [.. OpenApi.Document(new()).AsObject()["paths"]!.AsObject()
        .Where(path => path.Value!["post"] is not null).Select(path => path.Key)];

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Route_TheExampleOfTheOpenApiDocument_GivesTheFormatItNames(string route)
    {
        JsonElement post = (await Service.Get("/openapi.json")).IsDone().Json.GetProperty("paths").GetProperty(route).GetProperty("post");
        string example = post.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("example")
            .GetRawText();
        string format = post.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json")
            .GetProperty("schema").GetProperty("properties").GetProperty("format").GetProperty("const").GetString()!;

        Answer answer = (await Service.Post(route, example)).IsDone();

        Assert.Equal(format, answer.Json.GetProperty("format").GetString());
    }

    [Fact]
    public async Task Explain_ARequest_GivesTheLibrarysOwnJson()
    {
        using var explainer = Explainer.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment"));
        string expected = explainer.Explain("an overlong and dull story", new()
        {
            Targets = ["negative"],
            Contrast = "positive",
            Methods = ["integrated_gradients", "feature_ablation"],
            Steps = 8,
            Words = "sum",
        }, cancellation: TestContext.Current.CancellationToken).ToJson();

        Answer answer = await Service.Post("/v1/explain", """
            {"model": "sentiment", "text": "an overlong and dull story", "targets": ["negative"], "contrast": "positive",
             "methods": ["integrated_gradients", "feature_ablation"], "steps": 8, "words": "sum"}
            """);

        Assert.Equal(expected, answer.IsDone().Text);
    }

    [Fact]
    public async Task Predict_EveryTask_SaysWhatTheLibrarySays()
    {
        (string Model, PredictRequest Request, string Json)[] asked =
        [
            ("sentiment", new() { Text = "a witty film" }, """{"text": "a witty film"}"""),
            ("reader", new() { Text = "Where is Ben?", Context = "Anna went to the kitchen. Ben went to the garden." },
                """{"model": "reader", "text": "Where is Ben?", "context": "Anna went to the kitchen. Ben went to the garden."}"""),
            ("entities", new() { Text = "Anna met Ben in Paris." }, """{"model": "entities", "text": "Anna met Ben in Paris."}"""),
            ("shakespeare", new() { Text = "ROMEO:", Top = 3 }, """{"model": "shakespeare", "text": "ROMEO:", "top": 3}"""),
        ];
        foreach ((string model, PredictRequest request, string json) in asked)
        {
            using var explainer = Explainer.Load(Path.Combine(GoldenFolder.SourceTree(), "models", model));

            Assert.Equal(explainer.Predict(request).ToJson(), (await Service.Post("/v1/predict", json)).IsDone().Text);
        }
    }

    [Fact]
    public async Task Generate_AsAStream_TellsEveryTokenAndThenTheWholeResult()
    {
        const string Asked = """{"model": "stories", "text": "Clara lived with her", "max_new_tokens": 6, "stream": STREAM}""";
        string whole = (await Service.Post("/v1/generate", Asked.Replace("STREAM", "false", StringComparison.Ordinal))).IsDone().Text;

        Answer stream = (await Service.Post("/v1/generate", Asked.Replace("STREAM", "true", StringComparison.Ordinal))).IsDone();

        (string Name, string Data)[] events = Events(stream.Text);
        Assert.Equal("text/event-stream", stream.Type);
        Assert.Equal([.. Enumerable.Repeat("token", 6), "result"], events.Select(e => e.Name));
        Assert.Equal(whole.TrimEnd('\n'), events[^1].Data);
        JsonElement result = JsonDocument.Parse(whole).RootElement;
        Assert.Equal(result.GetProperty("text").GetString(),
            JsonDocument.Parse(events[5].Data).RootElement.GetProperty("written").GetString());
        Assert.Equal(result.GetProperty("tokens").EnumerateArray().Select(t => t.GetProperty("probability").GetDouble()),
            events[..6].Select(e => JsonDocument.Parse(e.Data).RootElement.GetProperty("probability").GetDouble()));
    }

    [Fact]
    public async Task Generate_WithBeams_TellsTheResultAlone()
    {
        Answer stream = (await Service.Post("/v1/generate", """{"model": "zh-en", "text": "我喜歡音樂。", "beams": 3, "stream": true}"""))
            .IsDone();

        Assert.Equal(["result"], Events(stream.Text).Select(e => e.Name));
    }

    [Fact]
    public async Task Explain_AsAStream_TellsProgressThatGrowsToItsEnd()
    {
        Answer stream = (await Service.Post("/v1/explain",
            """{"text": "a stream of its own words", "methods": ["kernel_shap"], "samples": 400, "stream": true}""")).IsDone();

        (string Name, string Data)[] events = Events(stream.Text);
        Assert.Equal("result", events[^1].Name);
        int[] done = [.. events.SkipLast(1).Select(e => JsonDocument.Parse(e.Data).RootElement.GetProperty("done").GetInt32())];
        Assert.NotEmpty(done);
        Assert.Equal(done.Order(), done);
    }

    [Fact]
    public async Task Explain_AsAStreamThatIsRefused_HasItsStatus() =>
        (await Service.Post("/v1/explain", """{"text": "", "stream": true}""")).IsRefused(422, "text: empty");

    [Fact]
    public async Task Model_WithRoundedWeights_IsAnotherThanWithFloats()
    {
        string exact = (await Service.Post("/v1/predict", """{"model": "sentiment", "text": "a witty film"}""")).IsDone().Text;
        string rounded = (await Service.Post("/v1/predict", """{"model": "sentiment@int8", "text": "a witty film"}""")).IsDone().Text;

        Assert.NotEqual(exact, rounded);
    }

    [Fact]
    public async Task State_OfAService_IsToldByItsOwnRoutes()
    {
        await Service.Post("/v1/predict", """{"text": "a witty film"}""");

        Assert.Equal("ok", (await Service.Get("/healthz")).IsDone().Json.GetProperty("status").GetString());
        Assert.Equal("ready", (await Service.Get("/readyz")).IsDone().Json.GetProperty("status").GetString());
        JsonElement models = (await Service.Get("/v1/models")).IsDone().Json.GetProperty("models");
        Assert.Contains(models.EnumerateArray(), model => model.GetProperty("name").GetString() == "sentiment"
            && model.GetProperty("loaded").GetBoolean() && model.GetProperty("task").GetString() == "sequence classification");
        string metrics = (await Service.Get("/metrics")).IsDone().Text;
        Assert.Contains("vitrine_requests_total{route=\"/v1/predict\",status=\"200\"} ", metrics, StringComparison.Ordinal);
        Assert.Matches("vitrine_models_bytes [1-9]", metrics);
    }

    [Fact]
    public void OpenApi_ItsRequests_NameEverySettingOfTheTable()
    {
        string document = OpenApi.Document(new()).ToJsonString();

        Assert.All(Fields.All, field => Assert.Contains($"\"{field.Name}\":", document, StringComparison.Ordinal));
    }

    private static (string Name, string Data)[] Events(string stream) => [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(e => e.Split('\n')).Select(lines => (lines[0]["event: ".Length..],
            string.Join('\n', lines.Skip(1).Select(line => line["data: ".Length..]))))];
}
