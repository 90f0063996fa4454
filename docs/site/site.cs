#:package Markdig@1.6.0
// The documentation as static pages: every Markdown page of the repository, the API from the XML documentation, a gallery, a search.
//   dotnet build Vitrine.slnx -c Release && dotnet run docs/site/site.cs [folder]        default: artifacts/site
// A link that leads nowhere is an error.
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Markdig;

string root = Directory.GetCurrentDirectory();
if (!File.Exists("Vitrine.slnx")) throw new InvalidOperationException("site: run it from the folder of the repository.");
string site = Path.GetFullPath(args is [var folder] ? folder : "artifacts/site");
if (Directory.Exists(site)) Directory.Delete(site, recursive: true);
MarkdownPipeline markdown = new MarkdownPipelineBuilder().UseAdvancedExtensions().Build();
string[] folders = ["", "docs", "docs/adr", "lessons", .. Directory.GetDirectories("models").Order(StringComparer.Ordinal)];
string[] sources = [.. folders.SelectMany(at => Directory.GetFiles(Path.Combine(root, at), "*.md").Order(StringComparer.Ordinal))
    .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))];
Dictionary<string, (string Title, string Html)> pages = [];
HashSet<string> files = [];                                           // what pages link to and is no page

foreach (string source in sources)
{
    string html = Markdown.ToHtml(File.ReadAllText(source), markdown);
    html = Regex.Replace(html, "(href|src)=\"([^\"#:]+)(#[^\"]*)?\"", link => Link(source, link));
    string title = Regex.Match(html, "<h1[^>]*>(.*?)</h1>", RegexOptions.Singleline).Groups[1].Value;
    pages[Target(source)] = (WebUtility.HtmlDecode(Regex.Replace(title, "<[^>]+>", "")), html);
}
pages["api.html"] = ("API reference", Api());
pages["gallery.html"] = ("Gallery", Gallery());

foreach (string file in files) Copy(file);
foreach ((string path, (string title, string html)) in pages) Write(path, Layout(path, title, html));
Write("search.json", Index().ToJsonString());
foreach (string asset in (string[])["site.css", "site.js"]) File.Copy($"docs/site/{asset}", Path.Combine(site, asset));
string[] dead = [.. pages.SelectMany(page => Dead(page.Key, page.Value.Html))];
foreach (string link in dead) Console.Error.WriteLine($"site: {link} leads nowhere");
Console.WriteLine($"{pages.Count} pages, {files.Count} files in {Path.GetRelativePath(root, site)}");
return dead.Length == 0 ? 0 : 1;

// README.md of a folder is its index.
static string Target(string source) => Regex.Replace(Regex.Replace(source, "README\\.md$", "index.md"), "\\.md$", ".html");

string Link(string source, Match link)
{
    string from = Path.GetDirectoryName(Path.GetFullPath(source))!;
    string path = Path.GetRelativePath(root, Path.GetFullPath(link.Groups[2].Value, from)).Replace('\\', '/');
    if (Directory.Exists(path) && File.Exists(path + "/README.md")) path += "/README.md";
    if (Directory.Exists(path))                                       // a folder is shown as the list of its files
    {
        string[] inside = [.. Directory.GetFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        files.UnionWith(inside.Select(file => $"{path}/{file}"));
        string list = string.Concat(inside.Select(file => $"<li><a href=\"{file}\">{file}</a>"));
        pages.TryAdd($"{path}/files.html", (path, $"<h1>{path}</h1><ul>{list}</ul>"));
        path += "/files.html";
    }
    else if (sources.Contains(path)) path = Target(path);
    else if (File.Exists(path)) files.Add(path);
    return $"{link.Groups[1].Value}=\"{Up(Target(source))}{path}{link.Groups[3].Value}\"";
}

static string Up(string page) => string.Concat(Enumerable.Repeat("../", page.Count(c => c == '/')));

string Api()
{
    string[] kinds = ["summary", "remarks", "param", "returns", "exception"];
    List<string> html = ["<h1>API reference</h1><p>Every public type and member, from the documentation in the source.</p>"];
    string[] programs = ["Vitrine.Cli.xml", "Vitrine.Tests.xml", "Vitrine.Bench.xml"];
    string[] documents = [.. Directory.GetFiles("artifacts/bin", "Vitrine*.xml", SearchOption.AllDirectories)
        .Where(path => path.Contains("/release/") && !programs.Contains(Path.GetFileName(path)))
        .DistinctBy(Path.GetFileName).OrderBy(Path.GetFileName, StringComparer.Ordinal)];
    if (documents.Length == 0) throw new InvalidOperationException("site: no XML documentation; build Vitrine.slnx in Release first.");
    foreach (string document in documents)
    {
        string assembly = Path.GetFileNameWithoutExtension(document);
        html.Add($"<h2 id=\"{assembly}\">{assembly}</h2><dl>");
        foreach (XElement member in XDocument.Load(document).Descendants("member"))
        {
            string name = (string)member.Attribute("name")!, tag = name[0] == 'T' ? "h3" : "code";
            string text = string.Concat(member.Elements().Where(part => kinds.Contains(part.Name.LocalName)).Select(part =>
                $"<p>{Head(part)}{Prose(part)}</p>"));
            html.Add($"<dt id=\"{WebUtility.HtmlEncode(name)}\"><{tag}>{WebUtility.HtmlEncode(name[2..])}</{tag}></dt><dd>{text}</dd>");
        }
        html.Add("</dl>");
    }
    return string.Concat(html);
}

static string Head(XElement part) => part.Name.LocalName is "summary" or "remarks" ? ""
    : $"<em>{part.Name.LocalName} {Short((string?)part.Attribute("name") ?? (string?)part.Attribute("cref"))}</em> ";

static string Short(string? name) => WebUtility.HtmlEncode(name is null ? "" : name[(name.LastIndexOf('.') + 1)..]);

static string Prose(XElement element) => string.Concat(element.Nodes().Select(node => node switch
{
    XText text => WebUtility.HtmlEncode(text.Value),
    XElement { Name.LocalName: "c" or "code" } code => $"<code>{WebUtility.HtmlEncode(code.Value)}</code>",
    XElement other => other.HasElements || other.Value.Length > 0 ? Prose(other)
        : $"<code>{Short(other.Attributes().FirstOrDefault()?.Value)}</code>",
    _ => "",
}));

string Gallery()
{
    string[] pictures = [.. folders.Append("tests/Viz/Expected").SelectMany(at => Directory.GetFiles(Path.Combine(root, at), "*.svg"))];
    return "<h1>Gallery</h1>" + string.Concat(pictures.Order(StringComparer.Ordinal).Select(path =>
    {
        string file = Path.GetRelativePath(root, path).Replace('\\', '/');
        files.Add(file);
        return $"<figure><img src=\"{file}\" alt=\"{file}\" loading=\"lazy\"><figcaption>{file}</figcaption></figure>";
    }));
}

JsonArray Index() => [.. pages.Select(page => new JsonObject
{
    ["path"] = page.Key,
    ["title"] = page.Value.Title,
    ["text"] = Regex.Replace(WebUtility.HtmlDecode(Regex.Replace(page.Value.Html, "<[^>]+>", " ")), "\\s+", " "),
})];

string Layout(string path, string title, string html)
{
    string up = Up(path);
    string menu = string.Concat(pages.Where(page => !page.Key.Contains("adr/") && !page.Key.EndsWith("files.html")).Select(page =>
        $"<a href=\"{up}{page.Key}\"{(page.Key == path ? " class=\"here\"" : "")}>{WebUtility.HtmlEncode(page.Value.Title)}</a>"));
    return $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>{WebUtility.HtmlEncode(title)} · Vitrine</title>
        <link rel="stylesheet" href="{up}site.css"></head><body data-up="{up}">
        <nav><input id="search" type="search" placeholder="Search" aria-label="Search"><div id="found"></div>{menu}</nav>
        <main>{html}</main><script src="{up}site.js"></script></body></html>
        """;
}

IEnumerable<string> Dead(string page, string html) => Regex.Matches(html, "(?:href|src)=\"([^\"#:]+)(?:#([^\"]*))?\"")
    .Select(link => WebUtility.UrlDecode(link.Groups[1].Value))
    .Where(link => !File.Exists(Path.GetFullPath(link, Path.GetDirectoryName(Path.Combine(site, page))!)))
    .Select(link => $"{page}: {link}");

void Copy(string file)
{
    Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(site, file))!);
    File.Copy(file, Path.Combine(site, file), overwrite: true);
}

void Write(string path, string text)
{
    Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(site, path))!);
    File.WriteAllText(Path.Combine(site, path), text);
}
