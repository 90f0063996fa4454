using Xunit;

namespace Vitrine.Tests.Architecture;

/// <summary>The source tree these tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>The folder of the solution file; skips the running test when the tests run away from their sources.</summary>
    public static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Vitrine.slnx")))
            {
                return folder.FullName;
            }
        }
        Assert.Skip("the source tree is not above the test binaries");
        return "";
    }

    /// <summary>All files with an extension, as paths below the root; build output left out.</summary>
    public static IEnumerable<string> Files(string extension) =>
        Directory.EnumerateFiles(Root(), "*" + extension, SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root(), path).Replace('\\', '/'))
        .Where(path => !path.StartsWith("artifacts/", StringComparison.Ordinal) && !path.StartsWith('.')
            && !path.Contains("/obj/", StringComparison.Ordinal));
}
