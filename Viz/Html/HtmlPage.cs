using System.Text;
using System.Text.RegularExpressions;

namespace Vitrine.Viz;

/// <summary>One self-contained HTML file: style and script inside, nothing fetched, light or dark as the reader's system is.</summary>
internal sealed partial class HtmlPage
{
    private readonly StringBuilder _body = new();
    private readonly string _title;

    /// <summary>An empty page.</summary>
    public HtmlPage(string title) => _title = Markup.Escape(title);

    /// <summary>Appends markup as it is.</summary>
    public HtmlPage Raw(string markup)
    {
        _body.Append(markup);
        return this;
    }

    /// <summary>Appends an element that holds a text.</summary>
    /// <param name="name">The element's name.</param>
    /// <param name="attributes">Its attributes, already escaped; may be empty.</param>
    /// <param name="text">Any text.</param>
    public HtmlPage Element(string name, string attributes, string text)
    {
        _body.Append('<').Append(name).Append(attributes.Length > 0 ? " " : "").Append(attributes).Append('>')
            .Append(Markup.Escape(text)).Append("</").Append(name).Append('>');
        return this;
    }

    /// <summary>
    /// Appends a cell of a table, or a heading of one, that stays at its side of the column in whatever direction its text is written.
    /// </summary>
    /// <param name="name"><c>td</c> or <c>th</c>.</param>
    /// <param name="attributes">Its attributes, already escaped; may be empty.</param>
    /// <param name="text">Any text.</param>
    public HtmlPage Cell(string name, string attributes, string text)
    {
        _body.Append('<').Append(name).Append(attributes.Length > 0 ? " " : "").Append(attributes).Append('>');
        return Element("bdi", "", text).Raw("</").Raw(name).Raw(">");
    }

    /// <summary>Appends a paragraph of short notes, with a dot between any two; the dot stays on the line of the note before it.</summary>
    /// <param name="kind">The paragraph's class.</param>
    /// <param name="notes">The notes.</param>
    public HtmlPage Notes(string kind, IEnumerable<string> notes)
    {
        _body.Append("<p class=\"").Append(kind).Append("\">");
        string gap = "";
        foreach (string note in notes)
        {
            Raw(gap).Element("bdi", "", note);
            gap = "\u00A0· ";
        }
        return Raw("</p>");
    }

    /// <summary>Appends a line break, so that the source can be read.</summary>
    public HtmlPage Line()
    {
        _body.Append('\n');
        return this;
    }

    /// <summary>
    /// The body alone, for a page whose policy allows no style inside the markup: its attributes wait as <c>data-style</c> for a script
    /// that sets them, and the colours of pictures come with the page's own style sheet (<see cref="PartStyle"/>).
    /// </summary>
    public string Part() => StyleElement().Replace(_body.Replace(" style=\"", " data-style=\"").ToString(), "");

    /// <summary>The style sheet of a page that is made of parts.</summary>
    public static string PartStyle => Resource("page.css") + SvgCanvas.Style + "\n";

    /// <summary>The script of such a page: a module that exports <c>wire(part)</c>.</summary>
    public static string PartScript => Resource("page.js") + "export { wire };\n";

    /// <summary>The script of a part with attention: a module that exports <c>attention(data)</c>.</summary>
    public static string AttentionScript => Resource("attention.js") + "export { attention };\n";

    /// <summary>The file.</summary>
    public override string ToString() => $"""
        <!DOCTYPE html>
        <html lang="und">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="generator" content="vitrine">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
        <title>{_title}</title>
        <style>
        {Resource("page.css")}</style>
        </head>
        <body>
        {_body}<div id="tip" hidden></div>
        <script>
        {Resource("page.js")}wire(document);
        </script>
        </body>
        </html>

        """.ReplaceLineEndings("\n");

    internal static string Resource(string name)
    {
        using Stream stream = typeof(HtmlPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"page: the resource {name} is not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    // Of pictures; a text cannot hold one, since its characters are escaped.
    [GeneratedRegex("<style>.*?</style>", RegexOptions.Singleline)]
    private static partial Regex StyleElement();
}
