using System.CommandLine;
using System.CommandLine.Parsing;

namespace Vitrine.Cli;

/// <summary>Options that belong to another way of calling a command: given all the same, they are refused, not ignored.</summary>
internal static class Unused
{
    /// <summary>Refuses options that were given although what they belong to was not.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="isUsed">Whether they count.</param>
    /// <param name="when">When they do not: <c>without --train</c>.</param>
    /// <param name="options">Their names.</param>
    /// <exception cref="CommandException">One was given.</exception>
    public static void Refuse(ParseResult parsed, bool isUsed, string when, params ReadOnlySpan<string> options)
    {
        if (isUsed)
        {
            return;
        }
        foreach (string option in options)
        {
            if (parsed.GetResult(option) is OptionResult { Implicit: false })
            {
                throw new CommandException(ExitCode.Usage, $"{option}: has no effect {when}; expected a call without {option}.");
            }
        }
    }
}
