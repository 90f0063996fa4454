namespace Vitrine;

/// <summary>Where models lie: in folders of their own, or among those that are shipped.</summary>
public static class ModelFolder
{
    private const string Shipped = "models";

    /// <summary>The folder of a model.</summary>
    /// <param name="nameOrFolder">A folder, or the name of a shipped model: <c>sentiment</c>, <c>models/sentiment</c>.</param>
    /// <param name="from">The folder relative paths start from; null: the current one.</param>
    /// <exception cref="RequestException">There is neither.</exception>
    public static string Find(string nameOrFolder, string? from = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrFolder);
        string start = from ?? Directory.GetCurrentDirectory(), folder = Path.GetFullPath(nameOrFolder, start);
        if (Directory.Exists(folder))
        {
            return folder;
        }
        if (File.Exists(folder))
        {
            throw new RequestException(Fault.Model, $"model: '{nameOrFolder}' is a file; expected the folder that holds it. Give '{Path.GetDirectoryName(folder)}'.");
        }
        return OfShipped(nameOrFolder, AppContext.BaseDirectory, start)
            ?? throw new RequestException(Fault.Model, $"model: there is no folder '{nameOrFolder}'{Known(start)}. Check the path given to Explainer.Load (--model).");
    }

    /// <summary>The folder of a shipped model: next to the program first, so that an installed program works anywhere; then upwards, so that a clone works anywhere in it.</summary>
    /// <param name="name">Its name, with <c>models/</c> before it or not.</param>
    /// <param name="starts">Where to look from.</param>
    /// <returns>Null where there is none.</returns>
    public static string? OfShipped(string name, params IReadOnlyList<string> starts)
    {
        string relative = name.Replace('\\', '/').StartsWith(Shipped + "/", StringComparison.Ordinal) ? name : Path.Combine(Shipped, name);
        return Path.IsPathRooted(name) || name.Contains("..", StringComparison.Ordinal) ? null : Upwards(starts)
            .Select(at => Path.Combine(at, relative)).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "config.json")));
    }

    private static IEnumerable<string> Upwards(IEnumerable<string> starts)
    {
        foreach (string start in starts)
        {
            for (DirectoryInfo? at = new(start); at is not null; at = at.Parent)
            {
                yield return at.FullName;
            }
        }
    }

    private static string Known(string start)
    {
        string[] names = [.. Upwards([AppContext.BaseDirectory, start]).Select(at => Path.Combine(at, Shipped)).Where(Directory.Exists).Take(1)
            .SelectMany(Directory.EnumerateDirectories).Where(folder => File.Exists(Path.Combine(folder, "config.json"))).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];
        return names.Length > 0 ? $", and no shipped model of that name; expected a folder, or one of {string.Join(", ", names)}" : "";
    }
}
