using System.CommandLine;
using System.CommandLine.Parsing;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>Refuses, before anything is read, a command line that would write two results into one file, or one over what it
/// reads.</summary>
internal static class PathConflicts
{
    private static readonly string[] s_outputs =
        ["--html", "--svg", "--png", "--json", "--csv", "--csv-texts", "--inseq", "--markdown", "--output", "--out", "--parquet", "--plot"];

    /// <summary>Throws where paths contradict each other.</summary>
    /// <exception cref="CommandException">They do.</exception>
    public static void Refuse(ParseResult parsed, Terminal terminal)
    {
        var outputs = new Dictionary<string, string>();
        foreach ((string name, string path) in Values(parsed).Where(value => s_outputs.Contains(value.Name)))
        {
            string target = FileStatus.Target(terminal.Resolve(path));
            if (FileStatus.IsReplaceable(target) && !outputs.TryAdd(target, name))
            {
                throw new CommandException(ExitCode.Usage,
                    $"output: two results for one file; got {outputs[target]} and {name} '{path}'; expected a path for each.");
            }
        }
        foreach ((string name, string given) in Values(parsed).Where(value => !s_outputs.Contains(value.Name) && value.Name != "text"))
        {
            string path = terminal.Resolve(File(given, terminal));
            string? taken = System.IO.File.Exists(path) ? outputs.GetValueOrDefault(FileStatus.Target(path))
                : name == "--model" ? outputs.FirstOrDefault(output => System.IO.File.Exists(output.Key)
                    && Path.GetDirectoryName(output.Key) == Path.TrimEndingDirectorySeparator(path)).Value : null;
            if (taken is not null)
            {
                throw new CommandException(ExitCode.Usage,
                    $"output: it would be written over what is read; got {taken} for a file of {name} '{given}'; expected another path.");
            }
        }
    }

    // What stands on the command line, by the option or argument it belongs to; - and switches are no paths.
    private static IEnumerable<(string Name, string Value)> Values(ParseResult parsed) =>
        parsed.CommandResult.Children.SelectMany(symbol => symbol switch
        {
            OptionResult option => option.Tokens.Select(token => (option.Option.Name, token.Value)),
            ArgumentResult argument => argument.Tokens.Select(token => (argument.Argument.Name, token.Value)),
            _ => [],
        }).Where(value => value.Value.Length > 0 && value.Value != "-" && !value.Value.Contains('\0'));

    // file:path of a baseline, label=path of training data
    private static string File(string value, Terminal terminal) => System.IO.File.Exists(terminal.Resolve(value)) ? value
        : value.Split(':', 2) is ["file", var file] ? file : value.Split('=', 2) is [_, { Length: > 0 } path] ? path : value;
}
