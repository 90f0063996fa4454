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
    public static RowsOutput File(string path, string? name = null) => new(System.IO.Path.GetFullPath(path), null, name ?? path);

    /// <summary>A writer, which gets the rows' lines alone.</summary>
    public static RowsOutput To(TextWriter writer) => new(null, writer, "-");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
