using System.Text;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Where a command reads and writes, and what the other side can show. Tests put their own in its place.</summary>
internal sealed record Terminal
{
    /// <summary>Standard input, as bytes: whether they are UTF-8 is for the reader to find out.</summary>
    public required Func<Stream> Input { get; init; }

    /// <summary>Results, and nothing else.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Errors and progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether <see cref="Input"/> is a keyboard.</summary>
    public bool InputIsInteractive { get; init; }

    /// <summary>Whether <see cref="Output"/> is a screen.</summary>
    public bool OutputIsInteractive { get; init; }

    /// <summary>Whether <see cref="Error"/> is a screen: progress is shown only there.</summary>
    public bool ErrorIsInteractive { get; init; }

    /// <summary>Character cells per line of <see cref="Output"/>.</summary>
    public int Width { get; init; } = 100;

    /// <summary>How results may be coloured.</summary>
    public ConsoleColors Colors { get; init; }

    /// <summary>The folder relative paths start from.</summary>
    public string WorkingDirectory { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>The folder the program lies in.</summary>
    public string ProgramDirectory { get; init; } = AppContext.BaseDirectory;

    /// <summary>The process's own streams. Colour follows https://no-color.org, and <c>CLICOLOR_FORCE</c>.</summary>
    public static Terminal OfProcess()
    {
        var options = ConsoleOptions.OfProcess();
        return new()
        {
            Input = StandardStreams.OpenInput,
            Output = Writer(StandardStreams.OpenOutput()),
            Error = Writer(StandardStreams.OpenError()),
            InputIsInteractive = !Console.IsInputRedirected,
            OutputIsInteractive = !Console.IsOutputRedirected,
            ErrorIsInteractive = !Console.IsErrorRedirected,
            Width = options.Width,
            Colors = options.Colors,
        };
    }

    /// <summary>A path as this terminal's user means it.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, WorkingDirectory);

    // UTF-8 whatever the locale says: results are data. No byte order mark, and one flush per command.
    private static StreamWriter Writer(Stream stream) => new(stream, new UTF8Encoding(false), 1 << 15) { NewLine = "\n" };
}
