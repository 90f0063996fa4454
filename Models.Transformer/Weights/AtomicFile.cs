namespace Vitrine.Transformers;

/// <summary>
/// Replaces a file as a whole or not at all: written aside in the same folder, flushed to the disk, renamed over the
/// target. Whatever fails or is cancelled before the rename leaves the target as it was and removes the file aside.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Writes a file through <paramref name="write"/>.</summary>
    /// <exception cref="IOException">The folder is missing, the disk full, the target a folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not writable.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Path.GetFullPath(path);
        string aside = Path.Combine(Path.GetDirectoryName(target) ?? target,
            $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}.part");
        try
        {
            using (FileStream stream = new(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                write(stream);
                stream.Flush(flushToDisk: true); // else a power cut after the rename could leave an empty file
            }
            File.Move(aside, target, overwrite: true);
        }
        catch
        {
            File.Delete(aside); // no error when it was never created
            throw;
        }
    }
}
