using System.CommandLine;
using System.Text;

namespace Vitrine.Cli;

/// <summary><c>vitrine man</c>: the manual page, from the same tables as the help.</summary>
internal static class ManCommand
{
    private const string Environment = """
        HF_HOME, HF_HUB_CACHE: where models of a hub are kept.
        HF_ENDPOINT: the hub.
        HF_TOKEN: who asks the hub.
        HF_HUB_OFFLINE: 1 forbids the network.
        NO_COLOR, CLICOLOR_FORCE: whether results have colour.
        """;

    public static Verb Create(Terminal terminal) => new Verb("man", "Prints the manual page, for man(1).", """
        vitrine man > ~/.local/share/man/man1/vitrine.1
        """).Does((parsed, _) => terminal.Output.Write(Page(parsed.RootCommandResult.Command)));

    private static string Page(Command root)
    {
        var page = new StringBuilder(".\\\" Written by 'vitrine man'.\n.TH VITRINE 1\n");
        Section(page, "NAME", "vitrine \\- which words made a transformer decide as it did\n");
        Section(page, "SYNOPSIS", ".B vitrine\n.I command\n.RI [ options ]\n");
        Section(page, "DESCRIPTION", Text(root.Description ?? ""));
        page.Append(".SH COMMANDS\n");
        foreach (Command command in root.Subcommands)
        {
            Write(page, command, command.Name);
        }
        page.Append(".SH EXIT STATUS\n");
        foreach (string[] code in HelpView.ExitCodes.Split('\n').Skip(1).Select(line => line.Trim().Split(' ', 2)))
        {
            Entry(page, $".B {code[0]}", code[1].Trim());
        }
        page.Append(".SH ENVIRONMENT\n");
        foreach (string[] variable in Environment.ReplaceLineEndings("\n").Split('\n').Select(line => line.Split(": ")))
        {
            Entry(page, $".B {variable[0]}", variable[1]);
        }
        return page.ToString();
    }

    private static void Write(StringBuilder page, Command command, string path)
    {
        page.Append($".SS {Escape(path)}\n").Append(Text(command.Description ?? ""));
        foreach (Argument argument in command.Arguments)
        {
            Entry(page, $".I {Escape(argument.Name)}", argument.Description ?? "");
        }
        foreach (Option option in command.Options.Where(option => !option.Hidden))
        {
            (string name, string text) = HelpView.Row(option);
            Entry(page, $".B {Escape(name)}", text);
        }
        if (command is Verb verb)
        {
            page.Append(".PP\nExamples:\n.PP\n.nf\n.RS\n");
            foreach (string line in verb.Examples.ReplaceLineEndings("\n").Split('\n'))
            {
                page.Append(Escape(line)).Append('\n');
            }
            page.Append(".RE\n.fi\n");
        }
        foreach (Command sub in command.Subcommands)
        {
            Write(page, sub, $"{path} {sub.Name}");
        }
    }

    private static void Section(StringBuilder page, string title, string text) => page.Append($".SH {title}\n{text}");

    private static void Entry(StringBuilder page, string head, string text) => page.Append($".TP\n{head}\n{Text(text)}");

    private static string Text(string text) => Escape(text.ReplaceLineEndings(" ")) + "\n";

    // A dash would be typeset as a hyphen, and a line that begins with a dot or a quote be taken for a request.
    private static string Escape(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped is ['.' or '\'', ..] ? "\\&" + escaped : escaped;
    }
}
