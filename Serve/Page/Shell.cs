using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>What all views stand in: names of the views, the form, the place of the result. It needs no work, so it comes at
/// once.</summary>
internal static class Shell
{
    /// <summary>The page of a view.</summary>
    public static string Html(View view, IReadOnlyList<View> all, Values values, Desk desk)
    {
        var form = new HtmlPage(view.Title);
        view.Form(form, values, desk);
        Values kept = values.With("model", values["model"] ?? desk.Shelf.Default);
        string tabs = string.Concat(all.Select(one => $"<a href=\"/{one.Name}{(kept["model"] is { } model
            ? Markup.Escape($"?model={Uri.EscapeDataString(model)}") : "")}\"{(one == view ? " aria-current=\"page\""
                : "")}>{one.Title}</a>"));
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{view.Title} · Vitrine</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="/serve.css">
            <script type="module" src="/serve.js"></script>
            </head>
            <body data-view="{view.Name}" data-asked="{(view.IsAsked(values) ? "true" : "false")}">
            <a class="skip" href="#result">Skip to the result</a>
            <header><a class="brand" href="/">Vitrine</a><nav aria-label="Views">{tabs}</nav></header>
            <main>
            <h1 class="purpose">{Markup.Escape(view.Purpose)}</h1>
            <form id="ask" method="get" action="/{view.Name}" autocomplete="off">
            {form.Part()}<div class="actions"><button type="submit">Show</button><button type="button" id="cancel" hidden>Cancel</button>
            <progress id="progress" max="1" hidden aria-label="Progress"></progress><span id="status" role="status"></span></div>
            </form>
            <div id="live" aria-live="polite"></div>
            <div id="result" tabindex="-1" aria-live="polite" aria-busy="false"></div>
            </main>
            <div id="tip" hidden></div>
            <noscript><p class="warning">This page computes with scripts of its own; allow them for this address.</p></noscript>
            </body>
            </html>

            """.ReplaceLineEndings("\n");
    }
}
