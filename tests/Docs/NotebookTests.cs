using System.Text.Json.Nodes;
using System.Xml.Linq;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Docs;

/// <summary>
/// The notebooks of <c>samples/</c> run in the kernel of .NET Interactive, with the formatters that its package registers, and every cell
/// shows what it should.
/// </summary>
[Collection(Programs.Name)]
public sealed class NotebookTests
{
    // What each code cell shows, in order: a picture, a page, a table, or nothing.
    private static readonly Dictionary<string, string[]> s_shown = new()
    {
        ["explain.ipynb"] = ["", "table", "picture", "picture", "page", "picture"],
        ["inside.ipynb"] = ["", "picture", "page", "picture", "picture"],
    };

    public static TheoryData<string> Names => [.. s_shown.Keys];

    [Fact]
    public void Notebooks_AllOfThem_AreListedHereAndKeepNoOutput()
    {
        string[] files = Directory.GetFiles(Path.Combine(GoldenFolder.SourceTree(), "samples"), "*.ipynb");

        Assert.Equal(s_shown.Keys.Order(), files.Select(Path.GetFileName).Order());
        Assert.All(files, file => Assert.All(Cells(file), cell => Assert.Empty(cell["outputs"]!.AsArray())));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Notebook_Run_ShowsPicturesPagesAndTables(string name)
    {
        string file = Path.Combine(GoldenFolder.SourceTree(), "samples", name);
        string own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory), outputs = Path.GetFullPath(Path.Combine(own, "..", ".."));
        string program = Path.Combine(outputs, "Notebooks", Path.GetFileName(own), "Vitrine.Notebooks.dll");

        using var child = Child.Start("dotnet", [program, file]);
        string[] lines = child.Wait().IsDone().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        JsonObject[] shown = [.. lines.Select(line => JsonNode.Parse(line)!.AsObject())];
        string[] expected = s_shown[name];
        Assert.Equal(Cells(file).Length, expected.Length);
        Assert.Equal(expected, Enumerable.Range(1, expected.Length).Select(cell =>
            Kind(Array.Find(shown, line => (int)line["cell"]! == cell))));
    }

    private static JsonObject[] Cells(string file) => [.. JsonNode.Parse(File.ReadAllText(file))!["cells"]!.AsArray()
        .Select(cell => cell!.AsObject()).Where(cell => (string)cell["cell_type"]! == "code")];

    private static string Kind(JsonObject? shown)
    {
        if (shown is null)
        {
            return "";
        }
        string html = (string)shown["text/html"]!, text = (string)shown["text/plain"]!;
        Assert.DoesNotContain('\e', text);
        if (html.StartsWith("<pre>", StringComparison.Ordinal))
        {
            Assert.Contains("positive", text, StringComparison.Ordinal);
            return "table";
        }
        if (html.StartsWith("<iframe sandbox=\"allow-scripts\"", StringComparison.Ordinal))
        {
            return "page";
        }
        const string Data = "src=\"data:image/svg+xml;base64,";
        int from = html.IndexOf(Data, StringComparison.Ordinal) + Data.Length;
        string svg = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(html[from..html.IndexOf('"', from)]));
        Assert.Equal("svg", XDocument.Parse(svg).Root!.Name.LocalName);
        return "picture";
    }
}
