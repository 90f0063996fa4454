using System.Text;
using Xunit;

namespace Vitrine.Tests.Support;

/// <summary>
/// Rendered output held against a reviewed file in <c>tests/**/Expected</c>; set <c>VITRINE_APPROVE=1</c> to accept what a run made.
/// </summary>
public static class Approved
{
    /// <summary>Fails when <paramref name="actual"/> is not the reviewed text, and leaves it next to that as <c>*.received.*</c>.</summary>
    /// <param name="area">Folder below <c>tests</c>: <c>Viz</c>, <c>Cli</c>.</param>
    /// <param name="name">File name with its ending.</param>
    /// <param name="actual">What was rendered.</param>
    public static void Matches(string area, string name, string actual)
    {
        string folder = Path.Combine(GoldenFolder.SourceTree(), "tests", area, "Expected");
        string expected = Path.Combine(folder, name);
        if (Environment.GetEnvironmentVariable("VITRINE_APPROVE") is { Length: > 0 })
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(expected, actual, new UTF8Encoding(false));
            return;
        }
        if (File.Exists(expected) && File.ReadAllText(expected) == actual)
        {
            return;
        }
        string received = Path.Combine(folder, Path.GetFileNameWithoutExtension(name) + ".received" + Path.GetExtension(name));
        File.WriteAllText(received, actual, new UTF8Encoding(false));
        Assert.Fail($"{area}/Expected/{name} differs from what was rendered: compare it with {Path.GetFileName(received)}.");
    }
}
