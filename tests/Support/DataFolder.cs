using Xunit;

namespace Vitrine.Tests.Support;

/// <summary>Data that is not committed: the folder named by VITRINE_DATA, by default shared/data next to this source tree.</summary>
public static class DataFolder
{
    /// <summary>Full path of the folder.</summary>
    public static string Path { get; } = System.IO.Path.GetFullPath(
        Environment.GetEnvironmentVariable("VITRINE_DATA") is { Length: > 0 } named
            ? named
            : System.IO.Path.Combine(GoldenFolder.SourceTree(), "..", "shared", "data"));

    /// <summary>Path of a file or folder below it; skips the running test, with the reason, when it is absent.</summary>
    /// <param name="relative">Path below the folder, e.g. <c>"bert-base-uncased/vocab.txt"</c>.</param>
    public static string Find(string relative)
    {
        string path = System.IO.Path.Combine(Path, relative);
        Assert.SkipUnless(System.IO.Path.Exists(path), $"no {relative} in shared/data next to the source tree (or in VITRINE_DATA)");
        return path;
    }
}
