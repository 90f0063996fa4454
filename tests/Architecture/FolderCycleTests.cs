using Xunit;

namespace Vitrine.Tests.Architecture;

/// <summary>
/// A folder can be read without those that use it: files of different folders are in no cycle, nor are the folders of a project.
/// </summary>
public class FolderCycleTests
{
    // A tensor knows its device, a device runs kernels by name, the table of kernels lists the ops, and ops make tensors: the files next to
    // the project's own file join its folders, of which none uses one that uses it.
    private const string Knot = "Core.Tensor/";

    [Fact]
    public void Files_InDifferentFolders_AreInNoCycle()
    {
        SourceGraph graph = SourceGraph.OfTree;
        (string From, string To)[] edges = [.. graph.Uses.Keys.Where(edge => !IsOfTheKnot(edge.From) && !IsOfTheKnot(edge.To))];

        string[] found = [.. SourceGraph.Cycles(edges).Where(files => files.Select(Folder).Distinct().Count() > 1).Select(files =>
            $"{files.Count} files:\n" + string.Join('\n', edges.Where(e => files.Contains(e.From) && files.Contains(e.To)
                && Folder(e.From) != Folder(e.To))
                .Select(e => $"  {e.From} → {e.To} ({graph.Uses[e]})").Order()))];

        Assert.True(found.Length == 0, "cycles across folders:\n" + string.Join('\n', found));
    }

    [Fact]
    public void Folders_OfAProject_AreInNoCycle()
    {
        SourceGraph graph = SourceGraph.OfTree;
        var edges = graph.Uses.Select(use => (From: Part(use.Key.From), To: Part(use.Key.To), use.Key, use.Value))
            .Where(edge => edge.From is not null && edge.To is not null && edge.From != edge.To).ToArray();

        string[] found = [.. SourceGraph.Cycles(edges.Select(edge => (edge.From!, edge.To!)).Distinct()).Select(folders =>
            string.Join('\n', edges.Where(e => folders.Contains(e.From!) && folders.Contains(e.To!))
                .Select(e => $"  {e.Key.From} → {e.Key.To} ({e.Value})").Order()))];

        Assert.True(found.Length == 0, "cycles of folders:\n" + string.Join("\n\n", found));
    }

    [Fact]
    public void Cycles_OfAGraph_AreItsStrongComponents() => Assert.Equal(
        ["a b c", "d e"],
        SourceGraph.Cycles([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "d"), ("e", "f")])
        .Select(group => string.Join(' ', group.Order())).Order());

    private static bool IsOfTheKnot(string file) => file.StartsWith(Knot, StringComparison.Ordinal);

    private static string Folder(string file) => Path.GetDirectoryName(file)!;

    /// <summary>Project and first folder; null for files next to the project's own file.</summary>
    private static string? Part(string file) => file.Split('/') is [var project, var folder, _, ..] ? $"{project}/{folder}" : null;
}
