namespace Vitrine.Transformers;

/// <summary>
/// Replaces a file atomically: written aside in the same folder, flushed to the disk, renamed over the
/// target. Whatever fails or is cancelled before the rename leaves the target as it was and removes the file aside.
/// </summary>
/// <remarks>
/// The file aside has one name per target, and is locked while it is written: what a killed process left is written over by the next that
/// writes the same target, and two processes cannot write it at once.
/// </remarks>
internal static class AtomicFile
{
    private const int Tries = 50; // with a pause of 20 ms: another process that writes something small is waited for
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Writes a file through <paramref name="write"/>; what is no regular file (a device, a pipe) is written straight.</summary>
    /// <exception cref="IOException">The folder is missing, the disk full, the target a folder, or another process writes it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not writable.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = FileStatus.Target(path);
        if (!FileStatus.IsReplaceable(target))
        {
            using FileStream straight = new(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            write(straight);
            return;
        }
        string aside = Aside(target);
        using FileStream stream = Locked(aside, target);
        try
        {
            write(stream);
            stream.Flush(flushToDisk: true); // else a power cut after the rename could leave an empty file
            File.Move(aside, target, overwrite: true); // still locked: no other process takes it for a leftover
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Writes a text in UTF-8.</summary>
    /// <inheritdoc cref="Write"/>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Deletes what killed processes left aside in a folder; files that are being written stay.</summary>
    public static void Clear(string folder)
    {
        foreach (string aside in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, ".*.part") : [])
        {
            try
            {
                using FileStream free = Open(aside, FileMode.Open);
                File.Delete(aside);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue; // another process writes it
            }
        }
    }

    /// <summary>That a result cannot be written, and why, as a sentence.</summary>
    /// <param name="path">As it was given.</param>
    /// <param name="target">As a whole path.</param>
    /// <param name="error">What happened; null: what can be seen before it happens.</param>
    public static string Refusal(string path, string target, Exception? error)
    {
        string why = Directory.Exists(target) ? "it is a folder"
            : !Directory.Exists(Path.GetDirectoryName(target)) ? "its folder does not exist"
            : error?.Message.TrimEnd('.') ?? "it cannot be opened";
        return $"output: cannot write '{path}'; {why}. Choose another path.";
    }

    private static string Aside(string target) =>
        Path.Combine(Path.GetDirectoryName(target) ?? target, $".{Path.GetFileName(target)}.part");

    private static FileStream Locked(string aside, string target)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return Open(aside, FileMode.OpenOrCreate);
            }
            catch (IOException e) when (WriterLock.IsHeld(e))
            {
                if (attempt == Tries)
                {
                    throw new IOException($"another process writes '{Path.GetFileName(target)}'", e);
                }
                Thread.Sleep(s_pause);
            }
        }
    }

    // Windows renames an open file only where its sharing says so; elsewhere no sharing is a lock for this file alone.
    private static FileStream Open(string aside, FileMode mode)
    {
        FileStream stream = new(aside, mode, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None,
            bufferSize: 0);
        stream.SetLength(0); // only once it is ours
        return stream;
    }
}
