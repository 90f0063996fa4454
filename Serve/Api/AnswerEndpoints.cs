using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Vitrine.Serve;

/// <summary>What a service answers about texts: <c>/v1/predict</c>, <c>/v1/explain</c>, <c>/v1/generate</c>. Results are those of
/// <c>docs/JSON.md</c>; <c>"stream": true</c> asks for server-sent events.</summary>
internal static class AnswerEndpoints
{
    private const string Stream = "stream";

    /// <summary>Adds them.</summary>
    public static void Map(IEndpointRouteBuilder app, Desk desk)
    {
        app.MapPost("/v1/predict", context => Predict(context, desk));
        app.MapPost("/v1/explain", context => Explain(context, desk));
        app.MapPost("/v1/generate", context => Generate(context, desk));
    }

    /// <summary>Progress as the data of an event.</summary>
    public static JsonObject Event(WorkProgress at) => new() { ["what"] = at.What, ["done"] = at.Done, ["total"] = at.Total };

    private static async Task Predict(HttpContext context, Desk desk)
    {
        Values values = await Body.Read(context.Request, Asks.Predict).ConfigureAwait(false);
        string model = desk.Shelf.Find(values["model"]);
        var request = RequestReader.Request<PredictRequest>(values, Asks.Predict, desk.Limits, "model");
        PredictResult said = await desk.Do(model, (explainer, _) => explainer.Predict(request),
            context.RequestAborted).ConfigureAwait(false);
        await Body.Write(context.Response, said.ToJson()).ConfigureAwait(false);
    }

    private static async Task Explain(HttpContext context, Desk desk)
    {
        Values values = await Body.Read(context.Request, Asks.Explain).ConfigureAwait(false);
        if (!Streams(values))
        {
            Explanation why = await desk.Explain(values, null, context.RequestAborted, Stream).ConfigureAwait(false);
            await Body.Write(context.Response, why.ToJson()).ConfigureAwait(false);
            return;
        }
        var events = new EventStream(context.Response, desk);
        var progress = new Told<WorkProgress>(at => events.Tell("progress", Event(at)));
        await events.Run(async left => (await desk.Explain(values, progress, left, Stream).ConfigureAwait(false)).ToJson())
            .ConfigureAwait(false);
    }

    private static async Task Generate(HttpContext context, Desk desk)
    {
        Values values = await Body.Read(context.Request, Asks.Generate).ConfigureAwait(false);
        string model = desk.Shelf.Find(values["model"]);
        var request = RequestReader.Request<WriteRequest>(values, Asks.Generate, desk.Limits, "model", Stream);
        if (!Streams(values))
        {
            GenerateResult written = await desk.Do(model, (explainer, stop) => explainer.Write(request, cancellation: stop),
                context.RequestAborted).ConfigureAwait(false);
            await Body.Write(context.Response, written.ToJson()).ConfigureAwait(false);
            return;
        }
        var events = new EventStream(context.Response, desk);
        var tokens = new Told<WrittenSoFar>(so => events.Tell("token", new JsonObject
        {
            ["id"] = so.Token.Id,
            ["text"] = so.Token.Text,
            ["probability"] = so.Token.Probability,
            ["written"] = so.Text,
        }));
        await events.Run(async left => (await desk.Do(model, (explainer, stop) =>
            explainer.Write(request, tokens, cancellation: stop), left)
            .ConfigureAwait(false)).ToJson()).ConfigureAwait(false);
    }

    private static bool Streams(Values values) => values[Stream] is { } asked && new FieldValue(Stream, [asked]).Flag;
}
