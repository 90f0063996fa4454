using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Vitrine.Attributions;

namespace Vitrine.Serve;

/// <summary>Looks inside a model: <c>/v1/inside/NAME</c>, one route per row of <see cref="InsideTools"/>.</summary>
internal static class InsideEndpoints
{
    /// <summary>Adds them.</summary>
    public static void Map(IEndpointRouteBuilder app, Desk desk)
    {
        foreach (InsideTool tool in InsideTools.All)
        {
            app.MapPost($"/v1/inside/{tool.Name}", async context =>
            {
                Values values = RequestReader.Read(await Body.Read(context.Request).ConfigureAwait(false));
                InsideResult view = await Look(desk, tool, values, null, context.RequestAborted).ConfigureAwait(false);
                await Body.Write(context.Response, view.ToJson() + "\n").ConfigureAwait(false);
            });
        }
    }

    /// <summary>Looks, in turn and within the limits.</summary>
    public static Task<InsideResult> Look(
        Desk desk, InsideTool tool, Values values, IProgress<WorkProgress>? progress, CancellationToken cancellation,
            params IReadOnlyList<string> more)
    {
        string model = desk.Shelf.Find(values["model"]);
        InsideValues.Check(tool, values, ["model", .. more]);
        RequestReader.CheckLength(values, desk.Limits);
        return desk.Do(model, (explainer, stop) => tool.Run(explainer, new InsideValues(tool, values, progress, stop)), cancellation);
    }
}
