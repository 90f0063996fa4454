using System.CommandLine;

namespace Vitrine.Cli;

/// <summary><c>--json</c> of a command with one result: a file, or standard output in place of the screen.</summary>
internal sealed class JsonOption
{
    /// <summary>The option.</summary>
    public Option<string?> Option { get; } = Declare.Value<string?>("--json", "path",
        "Write the result as JSON (docs/JSON.md); - for standard output.");

    /// <summary>Finds out before the work whether the result can be written.</summary>
    /// <exception cref="CommandException">It cannot.</exception>
    public void Probe(ParseResult parsed, Terminal terminal) => OutputFile.Probe(parsed.GetValue(Option), terminal);

    /// <summary>Writes the result where it was asked for; to the screen too, unless standard output carries the JSON.</summary>
    public void Write(ParseResult parsed, Terminal terminal, Func<string> json, Action<TextWriter> screen) =>
        OutputFile.WriteAll(terminal, [(parsed.GetValue(Option), json)], screen);
}
