using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>The page: its views, what they show, what is saved from them, and its own files, which come out of the assembly.</summary>
internal static class PageEndpoints
{
    private static readonly View[] s_views =
        [new ExplainPage(), new AttentionView(), new InsidePage(), new DataView(), new CompareView(), new LessonsView()];

    private static readonly Dictionary<string, (string Type, Lazy<string> Text)> s_files = new()
    {
        ["serve.css"] = ("text/css; charset=utf-8", new(() => HtmlPage.PartStyle + Resource("serve.css"))),
        ["serve.js"] = ("text/javascript; charset=utf-8", new(() => Resource("serve.js"))),
        ["page.js"] = ("text/javascript; charset=utf-8", new(() => HtmlPage.PartScript)),
        ["attention.js"] = ("text/javascript; charset=utf-8", new(() => HtmlPage.AttentionScript)),
    };

    /// <summary>Adds them.</summary>
    public static void Map(IEndpointRouteBuilder app, Desk desk)
    {
        app.MapGet("/", context =>
        {
            context.Response.Redirect($"/{s_views[0].Name}");
            return Task.CompletedTask;
        });
        foreach ((string name, (string type, Lazy<string> text)) in s_files)
        {
            app.MapGet($"/{name}", context => Body.Write(context.Response, type, text.Value));
        }
        foreach (View view in s_views)
        {
            app.MapGet($"/{view.Name}", context =>
                Body.Write(context.Response, "text/html; charset=utf-8", Shell.Html(view, s_views, Query(context.Request), desk)));
            app.MapPost($"/page/{view.Name}", context => Show(context, view, desk));
        }
        app.MapPost("/page/live", context => Live(context, desk));
        SaveEndpoints.Map(app, desk);
    }

    /// <summary>Draws the first view once and reads the page's own files, so that the first caller need not wait for it.</summary>
    public static void Warm(Desk desk)
    {
        _ = Shell.Html(s_views[0], s_views, new(), desk);
        foreach ((_, Lazy<string> text) in s_files.Values)
        {
            _ = text.Value;
        }
    }

    /// <summary>What an address says; empty values are none.</summary>
    public static Values Query(HttpRequest request)
    {
        var values = new Values();
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues said) in request.Query)
        {
            values.Set(name, [.. said.OfType<string>().Where(value => value.Length > 0)]);
        }
        return values;
    }

    private static async Task Show(HttpContext context, View view, Desk desk)
    {
        Values values = RequestReader.Read(await Body.Read(context.Request).ConfigureAwait(false));
        var events = new EventStream(context.Response, desk);
        var progress = new Told<WorkProgress>(at => events.Tell("progress", AnswerEndpoints.Event(at)));
        await events.Run(async left =>
        {
            var page = new HtmlPage(view.Title);
            await view.Show(page, values, desk, progress, left).ConfigureAwait(false);
            return page.Part();
        }).ConfigureAwait(false);
    }

    // What the model says of the text that is being typed.
    private static async Task Live(HttpContext context, Desk desk)
    {
        Values values = RequestReader.Read(await Body.Read(context.Request).ConfigureAwait(false));
        var page = new HtmlPage("predictions");
        await Predictions.Live(page, values, desk, context.RequestAborted).ConfigureAwait(false);
        await Body.Write(context.Response, "text/html; charset=utf-8", page.Part()).ConfigureAwait(false);
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(PageEndpoints).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"page: the resource {name} is not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
