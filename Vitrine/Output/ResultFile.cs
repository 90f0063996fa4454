using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Writes a result into a file, which is replaced atomically.</summary>
internal static class ResultFile
{
    /// <summary>Writes bytes.</summary>
    /// <exception cref="RequestException">The file cannot be written.</exception>
    public static void Write(string path, byte[] bytes) => Write(path, stream => stream.Write(bytes));

    /// <summary>Writes what <paramref name="write"/> says.</summary>
    /// <exception cref="RequestException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Path.GetFullPath(path);
        try
        {
            AtomicFile.Write(target, write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Output, AtomicFile.Refusal(path, target, e), e);
        }
    }
}
