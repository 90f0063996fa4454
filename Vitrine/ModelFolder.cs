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
            throw new RequestException(Fault.Model,
                $"model: '{nameOrFolder}' is a file; expected the folder that holds it. Give '{Path.GetDirectoryName(folder)}'.");
        }
        return OfShipped(nameOrFolder, AppContext.BaseDirectory, start)
            ?? throw new RequestException(
                Fault.Model, $"model: there is no folder '{nameOrFolder}'{Known(start)}. Check the path given to Explainer.Load "
                    + $"(--model).");
    }

    /// <summary>The folder of a model that may also be named as a hub names it: from the cache, and fetched into it where it is not there
    /// yet.</summary>
    /// <param name="nameOrFolder">A folder, the name of a shipped model, or <c>org/name</c>; a folder goes before a name.</param>
    /// <param name="from">The folder relative paths start from; null: the current one.</param>
    /// <param name="revision">A branch, a tag or a commit of <c>org/name</c>.</param>
    /// <param name="progress">Told how much of it is here.</param>
    /// <param name="cancellation">Ends the transfer; a later call goes on where it ended.</param>
    /// <exception cref="RequestException">There is none of them, or it cannot be fetched.</exception>
    public static string Get(
        string nameOrFolder, string? from = null, string revision = "main", IProgress<HubProgress>? progress = null,
            CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrFolder);
        string start = from ?? Directory.GetCurrentDirectory();
        if (!IsOfHub(nameOrFolder, start))
        {
            return Find(nameOrFolder, start);
        }
        var hub = new ModelHub();
        return hub.Find(nameOrFolder, revision) ?? hub.Pull(nameOrFolder, revision, progress, cancellation).GetAwaiter().GetResult();
    }

    /// <summary>Whether a text means a repository of a hub: it has the form <c>org/name</c>, and neither a folder nor a shipped model has
    /// that name.</summary>
    internal static bool IsOfHub(string nameOrFolder, string start) => nameOrFolder.Contains('/', StringComparison.Ordinal)
        && HubName.TryParse(nameOrFolder) is not null && !Path.Exists(Path.GetFullPath(nameOrFolder, start))
        && !nameOrFolder.StartsWith(Shipped + "/", StringComparison.Ordinal);

    /// <summary>The folder of a shipped model: next to the program first, so that an installed program works anywhere; then upwards, so
    /// that a clone works anywhere in it.</summary>
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

    /// <summary>The folders of the shipped models.</summary>
    internal static string[] AllShipped(IReadOnlyList<string> starts) =>
        [.. Upwards(starts).Select(at => Path.Combine(at, Shipped)).Where(Directory.Exists).Take(1)
        .SelectMany(Directory.EnumerateDirectories).Where(folder => File.Exists(Path.Combine(folder, "config.json")))
            .Order(StringComparer.Ordinal)];

    /// <summary>The names of the shipped models.</summary>
    /// <param name="starts">Where to look from.</param>
    public static IReadOnlyList<string> ShippedNames(params IReadOnlyList<string> starts) =>
        [.. AllShipped(starts).Select(folder => Path.GetFileName(folder))];

    private static string Known(string start)
    {
        IReadOnlyList<string> names = ShippedNames(AppContext.BaseDirectory, start);
        return names.Count > 0 ? $", and no shipped model of that name; expected a folder, or one of {string.Join(", ", names)}" : "";
    }
}
