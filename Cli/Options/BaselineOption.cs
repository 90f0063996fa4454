using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>--baseline</c>: what "absent" means, for all tokens or for one after the other.</summary>
internal static class BaselineOption
{
    private const string File = "file:", Ids = "ids:";

    /// <summary>The option.</summary>
    public static Option<string[]> Create() => new("--baseline")
    {
        Description = "What 'absent' means: zero, pad, unk, mask, keep or token:ID; ids:5,3,7 or file:PATH (a replacement per line) for "
            + "the tokens in turn; token=replacement for one token, repeatable, together with a kind for the others. Default: the first of "
                + "pad, unk, zero that the model has.",
        HelpName = "kind",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>What a command line says; null where it says nothing.</summary>
    /// <param name="given">The values.</param>
    /// <param name="terminal">Where paths start.</param>
    /// <exception cref="CommandException">There are two kinds, or a file cannot be read.</exception>
    /// <exception cref="Tensors.VitrineException">A kind is not known.</exception>
    public static Baseline? Read(string[]? given, Terminal terminal)
    {
        string[] kinds = [.. (given ?? []).Where(one => !IsReplacement(one))], pairs = [.. (given ?? []).Where(IsReplacement)];
        Baseline? kind = kinds switch
        {
            [] => null,
            [var one] when one.StartsWith(File, StringComparison.Ordinal) =>
                Baseline.PerToken(TextSource.ReadFile(one[File.Length..], terminal).ReplaceLineEndings("\n").Split('\n')),
            [var one] when one.StartsWith(Ids, StringComparison.Ordinal) =>
                Baseline.PerToken([.. one[Ids.Length..].Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)
                    .Select(id => "token:" + id)]),
            [var one] => Baseline.Parse(one),
            _ => throw new CommandException(ExitCode.Usage,
                $"baseline: given more than once; got {string.Join(" and ", kinds)}; expected one kind, and token=replacement for "
                    + $"single tokens."),
        };
        return pairs.Length == 0 ? kind
            : Baseline.Replacing([.. pairs.Select(pair =>
                pair.IndexOf('=', 1) is var at ? KeyValuePair.Create(pair[..at], pair[(at + 1)..]) : default)], kind);
    }

    // "=x" alone is no pair; "==x" replaces the sign itself.
    private static bool IsReplacement(string text) => text.Length > 2 && text.IndexOf('=', 1) is > 0 and var at && at < text.Length - 1
        && !text.StartsWith(File, StringComparison.Ordinal);
}
