using System.Globalization;
using System.Security.Cryptography;

namespace Vitrine.Transformers;

/// <summary>
/// SHA-256 of whole files. Those of large files are remembered in a folder of the user's cache, for as long as path, size, time of the last
/// change and identity of the file are the same, so that a second run need not read the weights again.
/// </summary>
/// <param name="memory">Where hashes are remembered; one that cannot be written remembers nothing.</param>
/// <param name="large">From how many bytes on.</param>
internal sealed class FileHash(string memory, long large = 8 << 20)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(2); // a file may change again within the grain of its times

    /// <summary>The hashes of this user: <c>XDG_CACHE_HOME/vitrine/hashes</c>, else <c>~/.cache/vitrine/hashes</c>.</summary>
    public static FileHash OfUser { get; } = new(UserCache.Folder("hashes"));

    /// <summary>The hash of a file, in hexadecimal.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public string Of(string path, CancellationToken cancellation = default)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        if (file.Length < large)
        {
            return Read(file, cancellation);
        }
        string state = State(file, path), note = Path.Combine(memory,
            Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Path.GetFullPath(path))))[..32]);
        if (Remembered(note) is [var known, var hash] && known == state)
        {
            return hash;
        }
        string read = Read(file, cancellation);
        if (State(file, path) == state && DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > s_fresh)
        {
            Remember(note, $"{state}\n{read}");
        }
        return read;
    }

    private static string State(FileStream file, string path) => string.Create(CultureInfo.InvariantCulture,
        $"{file.Length} {File.GetLastWriteTimeUtc(file.SafeFileHandle).Ticks} {FileStatus.Of(path)?.Identity}");

    private static string Read(FileStream file, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[1 << 20];
        while (file.Read(block) is > 0 and int length)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(block, 0, length);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string[]? Remembered(string note)
    {
        try
        {
            return File.Exists(note) ? File.ReadAllText(note).Split('\n') : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Remember(string note, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(note)!);
            AtomicFile.Write(note, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(text)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // it will be read again
        }
    }
}
