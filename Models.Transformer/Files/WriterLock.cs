namespace Vitrine.Transformers;

/// <summary>The right to write something that grows, a file or a folder: one holder at a time, whichever process it is in.</summary>
/// <remarks>
/// It is an empty hidden file next to what is written, locked by the operating system: it ends with its process, however that ends, and the
/// file is gone when the lock is given back.
/// </remarks>
internal sealed class WriterLock : IDisposable
{
    private const int Tries = 100; // a file that is deleted at this moment is made again
    private readonly FileStream _held;
    private readonly string _file;

    private WriterLock(FileStream held, string file) => (_held, _file) = (held, file);

    /// <summary>Takes the right to write a path.</summary>
    /// <param name="path">A file or a folder, which need not exist; its parent must.</param>
    /// <exception cref="IOException">Another process, or another part of this one, has it.</exception>
    /// <exception cref="UnauthorizedAccessException">The parent is not writable.</exception>
    public static WriterLock Take(string path)
    {
        string target = Path.TrimEndingDirectorySeparator(FileStatus.Target(path));
        string file = Path.Combine(Path.GetDirectoryName(target) ?? target, $".{Path.GetFileName(target)}.lock");
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            try
            {
                var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1,
                    OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None);
                if (IsStill(held, file))
                {
                    return new(held, file);
                }
                held.Dispose(); // its last holder deleted it between the opening and the locking
            }
            catch (IOException e) when (IsHeld(e))
            {
                throw new IOException($"another process writes '{Path.GetFileName(target)}'", e);
            }
        }
        throw new IOException($"other processes begin and end writing '{Path.GetFileName(target)}'");
    }

    /// <summary>Whether opening a file failed because it is locked.</summary>
    public static bool IsHeld(IOException e) => e.GetType() == typeof(IOException)
        && e.HResult is 11 or 35 or unchecked((int)0x80070020); // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(_file); // while it is still locked: a process that has it open sees that it is another file now
        }
        _held.Dispose();
    }

    private static bool IsStill(FileStream held, string file) => !OperatingSystem.IsLinux()
        || FileStatus.Of(FormattableString.Invariant($"/proc/self/fd/{held.SafeFileHandle.DangerousGetHandle()}"))?.Identity
            == FileStatus.Of(file)?.Identity;
}
