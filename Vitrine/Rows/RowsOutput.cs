using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Where the lines of a run over rows go: a file, which a later run with the same request goes on with, or a writer.</summary>
public sealed class RowsOutput
{
    private RowsOutput(string? path, TextWriter? writer, string name) => (Path, Writer, Name) = (path, writer, name);

    /// <summary>What the output is called in messages.</summary>
    public string Name { get; }

    internal string? Path { get; }

    internal TextWriter? Writer { get; }

    /// <summary>A file of JSON lines; one that was not finished is continued where it ended.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="name">What it is called in messages; null: its path.</param>
    /// <exception cref="RequestException">It is a device or a pipe that cannot be opened.</exception>
    public static RowsOutput File(string path, string? name = null)
    {
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            return FileStatus.IsReplaceable(full) ? new(full, null, name ?? path)
                : new(null, new StreamWriter(full) { NewLine = "\n" }, name ?? path); // a device or a pipe: nothing to go on with
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Output, AtomicFile.Refusal(path, full, e), e);
        }
    }

    /// <summary>A writer, which gets the rows' lines alone.</summary>
    public static RowsOutput To(TextWriter writer) => new(null, writer, "-");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
