using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>Writes a result to a file, replaced atomically, or to standard output.</summary>
internal static class OutputFile
{
    /// <summary>Writes a text as UTF-8.</summary>
    /// <param name="path">A path, or <c>-</c> for standard output.</param>
    /// <param name="text">The result.</param>
    /// <param name="terminal">Where paths start, and standard output.</param>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static void Write(string path, string text, Terminal terminal)
    {
        if (path == "-")
        {
            terminal.Output.Write(text);
            return;
        }
        Write(path, System.Text.Encoding.UTF8.GetBytes(text), terminal);
    }

    /// <summary>Writes bytes into a file.</summary>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static void Write(string path, byte[] bytes, Terminal terminal)
    {
        string target = terminal.Resolve(path);
        try
        {
            AtomicFile.Write(target, stream => stream.Write(bytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Output, AtomicFile.Refusal(path, target, e), e);
        }
    }

    /// <summary>Finds out before long work whether a file can be written at all.</summary>
    /// <exception cref="CommandException">It cannot.</exception>
    public static void Probe(string? path, Terminal terminal)
    {
        if (path is null or "-")
        {
            return;
        }
        string target = terminal.Resolve(path);
        string folder = Path.GetDirectoryName(target) ?? target;
        if (!Directory.Exists(folder) || Directory.Exists(target))
        {
            throw new CommandException(ExitCode.Output, AtomicFile.Refusal(path, target, null));
        }
    }

    /// <summary>The same for all results of a command.</summary>
    /// <exception cref="CommandException">One cannot be written, or two want standard output.</exception>
    public static void ProbeAll(Terminal terminal, params IReadOnlyCollection<string?> paths)
    {
        if (paths.Count(path => path == "-") > 1)
        {
            throw new CommandException(ExitCode.Usage,
                "output: two results for standard output; expected at most one '-'. Give the other a path.");
        }
        foreach (string? path in paths)
        {
            Probe(path, terminal);
        }
    }

    /// <summary>Writes what was asked for; the screen too, unless standard output carries a file.</summary>
    public static void WriteAll(Terminal terminal, IReadOnlyCollection<(string? Path, Func<string> Make)> files, Action<TextWriter> screen)
    {
        foreach ((string? path, Func<string> make) in files.Where(file => file.Path is not null))
        {
            Write(path!, make(), terminal);
        }
        if (files.All(file => file.Path != "-"))
        {
            screen(terminal.Output);
        }
    }
}
