using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Vitrine.Serve;

/// <summary>What a service says of itself: whether it lives, whether it is ready, what it has done, which models it has, what it
/// understands.</summary>
internal static class StateEndpoints
{
    /// <summary>Adds them.</summary>
    public static void Map(IEndpointRouteBuilder app, Desk desk)
    {
        app.MapGet("/healthz", context => Body.Write(context.Response, "{\"status\":\"ok\"}\n"));
        app.MapGet("/readyz", context =>
        {
            bool isReady = desk.Shelf.IsLoaded(desk.Shelf.Default);
            context.Response.StatusCode = isReady ? 200 : 503;
            return Body.Write(context.Response, $"{{\"status\":\"{(isReady ? "ready" : "loading")}\"}}\n");
        });
        app.MapGet("/metrics", context => Body.Write(context.Response, "text/plain; version=0.0.4; charset=utf-8", desk.Meter.Text(desk)));
        app.MapGet("/v1/models", context => Body.Write(context.Response, Models(desk).ToJsonString() + "\n"));
        app.MapGet("/openapi.json", context => Body.Write(context.Response, OpenApi.Document(desk.Limits).ToJsonString() + "\n"));
    }

    private static JsonObject Models(Desk desk) => new()
    {
        ["format"] = "vitrine.models",
        ["version"] = 1,
        ["models"] = new JsonArray([.. desk.Shelf.Models.Select(model =>
        {
            ModelSummary summary = ModelSummary.Of(model.Value);
            return (JsonNode)new JsonObject
            {
                ["name"] = model.Key, ["family"] = summary.Family, ["task"] = summary.Task, ["loaded"] = desk.Shelf.IsLoaded(model.Key),
                ["default"] = model.Key == desk.Shelf.Default,
            };
        })]),
        ["methods"] = new JsonArray([.. Methods.All.Select(name => (JsonNode)name)]),
    };
}
