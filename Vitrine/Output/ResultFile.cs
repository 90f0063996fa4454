using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Writes a result into a file, replaced whole or not at all.</summary>
internal static class ResultFile
{
    /// <summary>Writes bytes.</summary>
    /// <exception cref="RequestException">The file cannot be written.</exception>
    public static void Write(string path, byte[] bytes)
    {
        string target = Path.GetFullPath(path);
        try
        {
            AtomicFile.Write(target, stream => stream.Write(bytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Output, AtomicFile.Refusal(path, target, e), e);
        }
    }
}
