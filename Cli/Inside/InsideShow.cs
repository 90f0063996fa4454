using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>Reads a saved result of looking inside for <c>vitrine show</c>.</summary>
internal static class InsideShow
{
    /// <summary>The result in a file; null when the file holds something else.</summary>
    public static InsideResult? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }
        using StreamReader reader = File.OpenText(path);
        char[] head = new char[128];
        int read = reader.ReadBlock(head);
        return new string(head, 0, read).Contains($"\"{InsideJson.Format}\"", StringComparison.Ordinal)
            ? InsideJson.FromJson(File.ReadAllText(path)) : null;
    }
}
