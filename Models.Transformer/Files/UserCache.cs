namespace Vitrine.Transformers;

/// <summary>What is remembered for a user between processes, and may be deleted at any time.</summary>
internal static class UserCache
{
    /// <summary>A folder of it: <c>XDG_CACHE_HOME/vitrine/name</c>, else <c>~/.cache/vitrine/name</c>.</summary>
    public static string Folder(string name) => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "vitrine", name);
}
