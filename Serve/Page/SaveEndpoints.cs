using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Vitrine.Serve;

/// <summary>What can be saved from the page: <c>/save/explain.svg?…</c>, of the address that is seen.</summary>
internal static class SaveEndpoints
{
    private static readonly Dictionary<string, string> s_types = new()
    {
        ["html"] = "text/html; charset=utf-8",
        ["svg"] = "image/svg+xml",
        ["png"] = "image/png",
        ["json"] = "application/json",
        ["csv"] = "text/csv; charset=utf-8",
    };

    /// <summary>The formats, by the ends of file names.</summary>
    public static IEnumerable<string> Formats => s_types.Keys;

    /// <summary>Adds them.</summary>
    public static void Map(IEndpointRouteBuilder app, Desk desk)
    {
        foreach ((string format, string type) in s_types)
        {
            app.MapGet($"/save/explain.{format}", async context =>
            {
                Values values = ExplainPage.Request(PageEndpoints.Query(context.Request));
                Explanation why = await desk.Explain(values, null, context.RequestAborted).ConfigureAwait(false);
                byte[] bytes = format switch
                {
                    "html" => Encoding.UTF8.GetBytes(why.ToHtml()),
                    "svg" => Encoding.UTF8.GetBytes(why.ToSvg()),
                    "png" => await Task.Run(() => PngFile.Draw(why.ToSvg())).ConfigureAwait(false),
                    "json" => Encoding.UTF8.GetBytes(why.ToJson()),
                    _ => Encoding.UTF8.GetBytes(why.ToCsv()),
                };
                context.Response.ContentType = type;
                context.Response.Headers.ContentDisposition = $"attachment; filename=\"explanation.{format}\"";
                await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
            });
        }
    }
}
