using System.Text;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Docs;

/// <summary>
/// Every <c>csharp</c> block of a page compiles and runs. What it takes for granted is in a comment before it, which a page does not show:
/// <c>&lt;!-- setup</c>, code, <c>--&gt;</c>. A block without <c>using</c> directives gets those of the engine.
/// </summary>
[Collection(Programs.Name)]
public sealed class SnippetTests
{
    private const string Usings = """
        using Vitrine.Attributions; using Vitrine.Autograd; using Vitrine.Tensors; using Vitrine.Training; using Vitrine.Transformers;
        """;

    [Fact]
    public void Snippets_OfEveryPage_CompileAndRun()
    {
        bool hasDevice = Device.All.Any(device => device.Name == "opencl:0");
        (string Name, string Source)[] all = [.. Pages.All.SelectMany(Of)];

        Assert.NotEmpty(all);
        foreach ((string name, string source) in all.Where(snippet => hasDevice
            || !snippet.Source.Contains("opencl:0", StringComparison.Ordinal)))
        {
            CSharpProgram.Run(name, source);
        }
    }

    private static IEnumerable<(string Name, string Source)> Of(string page)
    {
        (StringBuilder? snippet, StringBuilder setup, bool inSetup, int start) = (null, new(), false, 0);
        foreach ((int index, string line) in Pages.Text(page).Split('\n').Index())
        {
            if (line == "<!-- setup")
            {
                (setup, inSetup) = (new(), true);
            }
            else if (line == "-->")
            {
                inSetup = false;
            }
            else if (line == "```csharp")
            {
                (snippet, start) = (new(), index + 2);
            }
            else if (line == "```" && snippet is not null)
            {
                string code = snippet.ToString();
                string usings = code.StartsWith("using Vitrine", StringComparison.Ordinal) ? "" : Usings;
                yield return ($"{page}:{start}", usings + "\n" + (usings.Length > 0 ? setup.ToString() + code : code + setup));
                (snippet, setup) = (null, new());
            }
            else
            {
                (inSetup ? setup : snippet)?.AppendLine(line);
            }
        }
    }
}
