using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;

namespace Vitrine.Cli;

/// <summary>A row as the command line that would ask the same: the options of the whole run, with those that the row names over them.</summary>
internal static class RowArguments
{
    // What a row may say about itself. Anything else in it is its own affair: a column called "html" must not write files.
    private static readonly string[] s_fields = ["context", "target", "forced", "forced-ids", "ids", "contrast", "contrast-input", "choice", GoldAlignment.Name];

    /// <summary>The columns that mean something, for help.</summary>
    public static string Fields => "text, " + string.Join(", ", s_fields).Replace('-', '_');

    /// <summary>Parses a row's command line.</summary>
    /// <param name="run">The command line of the run.</param>
    /// <param name="data">The options that make it a run; a row has none of them.</param>
    /// <param name="row">The row.</param>
    /// <exception cref="CommandException">The row is broken, or says nothing to work on.</exception>
    public static ParseResult Parse(ParseResult run, IReadOnlyCollection<Symbol> data, DataRow row)
    {
        if (row.Error is { } error)
        {
            throw new CommandException(ExitCode.Input, error);
        }
        Command command = run.CommandResult.Command;
        Dictionary<string, string[]> own = command.Options.Select(option => option.Name).Where(name => s_fields.Contains(name[2..]))
            .Select(name => (name, Values: Find(row, name[2..]))).Where(pair => pair.Values is not null).ToDictionary(pair => pair.name, pair => pair.Values!, StringComparer.Ordinal);
        if (TextOf(row) is null && !own.ContainsKey("--ids"))
        {
            throw new CommandException(ExitCode.Input, $"no text; got the columns {string.Join(", ", row.Fields.Keys)}; expected one called text. Name it with --columns text=NAME.");
        }
        List<string> arguments = [];
        foreach (OptionResult given in run.CommandResult.Children.OfType<OptionResult>().Where(o => !o.Implicit && !data.Contains(o.Option) && !own.ContainsKey(o.Option.Name)))
        {
            arguments.AddRange(given.Tokens.Count == 0 ? [given.Option.Name] : given.Tokens.Select(token => $"{given.Option.Name}={token.Value}"));
        }
        foreach ((string name, string[] values) in own)
        {
            bool isList = command.Options.First(option => option.Name == name).Arity.MaximumNumberOfValues > 1;
            arguments.AddRange(isList ? values.Select(value => $"{name}={value}") : [$"{name}={string.Join(' ', values)}"]);
        }
        ParseResult parsed = command.Parse(arguments, Application.Parsing);
        return parsed.Errors.Count == 0 ? parsed : throw new CommandException(ExitCode.Usage, parsed.Errors[0].Message);
    }

    /// <summary>A terminal on whose standard input the row's text lies, and which nobody watches.</summary>
    public static Terminal Terminal(Terminal terminal, DataRow row) => terminal with
    {
        Input = () => new MemoryStream(Encoding.UTF8.GetBytes(TextOf(row) ?? "")),
        Output = TextWriter.Null,
        InputIsInteractive = false,
        ErrorIsInteractive = false,
    };

    private static string? TextOf(DataRow row) => row["text"] ?? row["question"];

    private static string[]? Find(DataRow row, string name) =>
        row.Fields.TryGetValue(name, out string[]? values) || row.Fields.TryGetValue(name.Replace('-', '_'), out values) ? values : null;
}
