using Vitrine.Tests.Architecture;

namespace Vitrine.Tests.Docs;

/// <summary>The pages that a reader sees, and the blocks of code on them.</summary>
internal static class Pages
{
    /// <summary>Paths below the root: the README, every page of docs and of the lessons, and the models' cards.</summary>
    public static IReadOnlyList<string> All { get; } = [.. SourceTree.Files(".md").Where(path =>
        !path.Contains('/', StringComparison.Ordinal) || path.StartsWith("docs/", StringComparison.Ordinal)
            || path.StartsWith("models/", StringComparison.Ordinal) || path.StartsWith("lessons/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)];

    /// <summary>The lines of a page with their numbers from 1, and the language of the block of code they are in; null outside.</summary>
    public static IEnumerable<(int Number, string Line, string? Language)> Lines(string page)
    {
        string? language = null;
        foreach ((int index, string line) in Text(page).Split('\n').Index())
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                language = language is null ? line.Trim()[3..] : null;
                continue;
            }
            yield return (index + 1, line, language);
        }
    }

    /// <summary>The text of a page.</summary>
    public static string Text(string page) => File.ReadAllText(Path.Combine(SourceTree.Root(), page)).ReplaceLineEndings("\n");
}
