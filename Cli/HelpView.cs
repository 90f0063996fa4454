using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>What <c>--help</c> prints: the options that most people need; with <c>--help-all</c> the others too, in titled groups;
/// examples last.</summary>
internal sealed class HelpView(Terminal terminal, bool isWhole) : SynchronousCommandLineAction
{
    public const string ExitCodes = """
        Exit codes:
          0    done
          1    a defect of the program
          2    the command line: an unknown command, option, method, target, label or hook; a value out of range
          3    the text: missing, empty, not UTF-8, too long, or ids the model does not have
          4    the model: no such folder, not a model, unsupported, damaged, or with numbers that are not finite
          5    a result could not be written
          6    the device is absent, out of memory, or computes wrongly
          130  interrupted
        """;

    private const int WidestName = 34;

    /// <summary>The option that lists everything.</summary>
    public const string Everything = "--help-all";

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Command command = parseResult.CommandResult.Command;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        string path = Application.PathOf(parseResult.CommandResult);
        bool hasCommands = command.Subcommands.Count > 0;
        WriteWrapped(output, command.Description ?? "", "");
        output.WriteLine();
        output.WriteLine("Usage:");
        string arguments = string.Concat(command.Arguments.Select(argument =>
            argument.Arity.MinimumNumberOfValues > 0 ? $" <{argument.Name}>" : $" [<{argument.Name}>]"));
        output.WriteLine($"  vitrine{(path.Length > 0 ? " " : "")}{path}{(hasCommands ? " <command>" : arguments)} [options]");
        WriteSection(output, "Commands", [.. command.Subcommands.Select(sub => (sub.Name, sub.Description ?? ""))]);
        WriteSection(output, "Arguments", [.. command.Arguments.Select(argument => ($"<{argument.Name}>", argument.Description ?? ""))]);
        WriteOptions(output, command, path);
        output.WriteLine();
        output.WriteLine(command is Verb ? "Examples:" : ExitCodes);
        foreach (string line in command is Verb verb ? verb.Examples.Split('\n') : [])
        {
            output.WriteLine("  " + line);
        }
        return (int)ExitCode.Success;
    }

    private void WriteOptions(TextWriter output, Command command, string path)
    {
        Option[] options = [.. command.Options.Where(option => !option.Hidden && option is not VersionOption)];
        string[] most = command is Verb { Most: { Count: > 0 } named } ? [.. named] : [];
        Option[] first = most.Length == 0 ? options : [.. most.Select(name => options.First(option => option.Name == name))];
        (string, string)[] help = most.Length == 0 ? []
            : [(Everything, string.Create(CultureInfo.InvariantCulture, $"List all {options.Length} options."))];
        WriteSection(output, "Options", [.. first.Select(Row), .. isWhole ? [] : help]);
        if (most.Length == 0 || command is not Verb verb)
        {
            return;
        }
        IEnumerable<IGrouping<string, Option>> others = options.Except(first).GroupBy(verb.GroupOf);
        if (!isWhole)
        {
            output.WriteLine();
            WriteWrapped(output, $"More, with 'vitrine {path} {Everything}': "
                + $"{string.Join("; ", others.Select(group => group.Key.ToLowerInvariant()))}.", "");
            return;
        }
        foreach (IGrouping<string, Option> group in others)
        {
            WriteSection(output, group.Key, [.. group.Select(Row)]);
        }
    }

    /// <summary>How an option is written, and what it says.</summary>
    public static (string Name, string Text) Row(Option option)
    {
        string value = option.HelpName is { } name ? $" <{name}>" : "";
        string standard = option.HasDefaultValue ? Convert.ToString(option.GetDefaultValue(), CultureInfo.InvariantCulture) ?? "" : "";
        return (string.Join(", ", option.Aliases.Order(StringComparer.Ordinal).Append(option.Name).Distinct()
            .OrderBy(alias => alias.Length)) + value,
            (option.Description ?? "") + (option.Required ? " [required]" : value.Length > 0 && standard.Length > 0 && standard != "0"
                ? $" [default: {standard}]" : ""));
    }

    private void WriteSection(TextWriter output, string title, IReadOnlyList<(string Name, string Text)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }
        output.WriteLine();
        output.WriteLine(title + ":");
        int width = Math.Min(WidestName, rows.Max(row => TextWidth.Of(row.Name)));
        foreach ((string name, string text) in rows)
        {
            bool fits = TextWidth.Of(name) <= width;
            if (!fits)
            {
                output.WriteLine("  " + name);
            }
            WriteWrapped(output, text, new string(' ', width + 4), fits ? "  " + TextWidth.PadRight(name, width) + "  " : null);
        }
    }

    /// <summary>A text on lines that are no wider than the terminal.</summary>
    private void WriteWrapped(TextWriter output, string text, string indent, string? start = null)
    {
        string line = start ?? indent;
        bool isEmpty = true;
        foreach (string word in text.ReplaceLineEndings(" ").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && TextWidth.Of(line) + 1 + TextWidth.Of(word) > terminal.Width)
            {
                output.WriteLine(line.TrimEnd());
                (line, isEmpty) = (indent, true);
            }
            line += (isEmpty ? "" : " ") + word;
            isEmpty = false;
        }
        output.WriteLine(line.TrimEnd());
    }
}
