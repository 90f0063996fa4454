using Xunit;

namespace Vitrine.Tests.Support;

/// <summary>
/// Where the independent reference numbers and their tiny checkpoints lie: the folder named by the environment variable
/// <c>VITRINE_GOLDEN</c>, by default <c>tests/Golden</c> of this source tree.
/// </summary>
public static class GoldenFolder
{
    /// <summary>Full path of the folder.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("VITRINE_GOLDEN") is { Length: > 0 } named
        ? System.IO.Path.GetFullPath(named)
        : System.IO.Path.Combine(SourceTree(), "tests", "Golden");

    /// <summary>The recordings of which those are a part: <c>shared/golden</c> next to this source tree, where it is there.</summary>
    public static string Whole { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(SourceTree(), "..", "shared", "golden"));

    /// <summary>Path of one golden model or file; skips the running test, with the reason, when it is absent.</summary>
    /// <param name="parts">Path below the folder, e.g. <c>"gpt2", "model.safetensors"</c>.</param>
    public static string Find(params string[] parts)
    {
        string path = System.IO.Path.Combine([Path, .. parts]);
        Assert.SkipUnless(System.IO.Path.Exists(path), $"no golden {string.Join('/', parts)} in {Path}");
        return path;
    }

    // The build output lies inside the source tree, so the solution file is found by walking up from it.
    internal static string SourceTree()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Vitrine.slnx")))
            {
                return folder.FullName;
            }
        }
        return Environment.CurrentDirectory;
    }
}
