using System.CommandLine;
using System.CommandLine.Parsing;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>Parses a command line, runs the command, and turns whatever goes wrong into one line and an exit code.</summary>
internal static class Application
{
    /// <summary>How command lines are read.</summary>
    public static ParserConfiguration Parsing { get; } = new()
    {
        EnablePosixBundling = false,
        ResponseFileTokenReplacer = null, // a text may begin with @
    };

    /// <summary>Runs one command line to its end.</summary>
    public static ExitCode Run(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation) =>
        Run(Catalog.Root(terminal), arguments, terminal, cancellation);

    /// <summary>The same of another tree of commands.</summary>
    public static ExitCode Run(RootCommand root, IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation)
    {
        ExitCode code = Invoke(root, arguments, terminal, cancellation);
        try
        {
            terminal.Output.Flush();
        }
        catch (CommandException e)
        {
            code = code == ExitCode.Success ? Told(e, terminal) : code; // else it was said before, or there is worse to say
        }
        terminal.Error.Flush();
        return code;
    }

    private static ExitCode Invoke(RootCommand root, IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation)
    {
        try
        {
            ParseResult parsed = root.Parse([.. arguments.Select(StandardOutput)], Parsing);
            Refuse(parsed);
            PathConflicts.Refuse(parsed, terminal);
            return (ExitCode)parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = terminal.Output,
                    Error = terminal.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                cancellation).GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            return Told(e, terminal);
        }
    }

    // Standard output by the names that Unix gives it is that of this process, not a file that is replaced.
    private static string StandardOutput(string argument) => argument.Split('=') switch
    {
        ["/dev/stdout" or "/dev/fd/1" or "/proc/self/fd/1"] => "-",
        [['-', ..] option, "/dev/stdout" or "/dev/fd/1" or "/proc/self/fd/1"] => $"{option}=-",
        _ => argument,
    };

    private static ExitCode Told(Exception exception, Terminal terminal)
    {
        var failure = Failure.Of(exception);
        terminal.Error.WriteLine($"vitrine: {failure.Line}");
        return failure.Code;
    }

    /// <summary>Throws when the command line is not understood; a request for help is always understood.</summary>
    private static void Refuse(ParseResult parsed)
    {
        if (parsed.Action is HelpView || IsSuggestion(parsed))
        {
            return;
        }
        Command command = parsed.CommandResult.Command;
        string? unknown = MistakenOption(parsed) ?? (parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null);
        string? message = unknown switch
        {
            null when parsed.Errors.Count == 0 => null,
            null when command.Subcommands.Count > 0 =>
                $"no command given; expected one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}.",
            null => Explained(parsed.Errors[0]),
            ['-', _, ..] => $"unknown option '{unknown}'.{Nearest.Hint(unknown, Options(parsed.CommandResult))}",
            _ when command.Subcommands.Count > 0 =>
                $"unknown command '{unknown}'.{Nearest.Hint(unknown, command.Subcommands.Select(c => c.Name))}",
            _ => $"more than one text; got '{unknown}' in addition. Put quotes around a text with spaces.",
        };
        if (message is not null)
        {
            string path = PathOf(parsed.CommandResult);
            throw new CommandException(ExitCode.Usage,
                $"{path}{(path.Length > 0 ? ": " : "")}{message} Run 'vitrine{(path.Length > 0 ? " " : "")}{path} --help'.");
        }
    }

    // The words of a line that is being completed are one argument, and need not be right yet.
    private static bool IsSuggestion(ParseResult parsed) =>
        ((RootCommand)parsed.RootCommandResult.Command).Directives.Any(directive => parsed.GetResult(directive) is not null);

    // The library would name the .NET type.
    private static string Explained(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Option: var option, IdentifierTokenCount: > 1 } => $"{option.Name}: given more than once; expected one value.",
        OptionResult { Option: var option, Tokens: [var given] } => $"{option.Name}: not a number; got '{given.Value}'; expected a number.",
        OptionResult { Option: var option } => $"{option.Name}: no value after it; expected <{option.HelpName}>.",
        _ => $"{error.Message.TrimEnd('.')}.",
    };

    // The library takes a misspelt option for a text. A text may begin with a dash all the same: after --, or with a space in it.
    private static string? MistakenOption(ParseResult parsed)
    {
        HashSet<string> known = [.. Options(parsed.CommandResult)];
        return parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Type == TokenType.Argument && token.Value is ['-', '-', ..] or ['-', >= 'a' and <= 'z'])
            .Select(token => token.Value.Split('=')[0])
            .FirstOrDefault(value => !known.Contains(value) && value[2..].All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
    }

    private static IEnumerable<string> Options(CommandResult? command) =>
        command is null ? [] : [.. command.Command.Options.SelectMany(o => o.Aliases.Prepend(o.Name)),
            .. Options(command.Parent as CommandResult)];

    /// <summary>The words of a command, without the program: <c>train lm</c>.</summary>
    public static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}".TrimStart() : "";
}
