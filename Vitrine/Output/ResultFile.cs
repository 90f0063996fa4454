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
            string why = Directory.Exists(target) ? "it is a folder" : !Directory.Exists(Path.GetDirectoryName(target))
                ? "its folder does not exist" : e.Message.TrimEnd('.');
            throw new RequestException(Fault.Output, $"output: cannot write '{path}'; {why}. Choose another path.", e);
        }
    }
}
