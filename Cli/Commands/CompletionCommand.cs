using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine completion</c>: the script with which a shell completes commands, options and their values.</summary>
internal static class CompletionCommand
{
    // Each asks the command itself: [suggest:position] "line". Where it has nothing to say, the shell completes paths.
    private static readonly (string Shell, string Install, string Script)[] s_shells =
    [
        ("bash", "vitrine completion bash > ~/.local/share/bash-completion/completions/vitrine", """
            _vitrine() {
                local IFS=$'\n'
                COMPREPLY=($(vitrine "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null))
            }
            complete -o bashdefault -o default -F _vitrine vitrine
            """),
        ("zsh", "vitrine completion zsh > \"${fpath[1]}/_vitrine\"", """
            #compdef vitrine
            _vitrine() {
                local -a found
                found=("${(@f)$(vitrine "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
            }
            if [[ "${funcstack[1]}" == "_vitrine" ]]; then _vitrine; else compdef _vitrine vitrine; fi
            """),
        ("fish", "vitrine completion fish > ~/.config/fish/completions/vitrine.fish", """
            function __vitrine
                set -l line (commandline -cp)
                vitrine "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c vitrine -a '(__vitrine)'
            """),
        ("powershell", "vitrine completion powershell >> $PROFILE", """
            Register-ArgumentCompleter -Native -CommandName vitrine -ScriptBlock {
                param($word, $line, $position)
                vitrine "[suggest:$position]" "$line" 2>$null |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }
            """),
    ];

    public static Verb Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = $"One of {string.Join(", ", s_shells.Select(s => s.Shell))}." };
        shell.CompletionSources.Add(_ => s_shells.Select(s => new System.CommandLine.Completions.CompletionItem(s.Shell)));
        return new Verb("completion", "Prints the script with which a shell completes commands, options and their values.",
            string.Join('\n', s_shells.Select(s => s.Install))).With(shell).Does((parsed, _) =>
            {
                string asked = parsed.GetValue(shell)!;
                int found = Array.FindIndex(s_shells, s => s.Shell == asked);
                terminal.Output.WriteLine(found >= 0 ? s_shells[found].Script.ReplaceLineEndings("\n") : throw new CommandException(
                    ExitCode.Usage,
                    $"shell: not known; got '{asked}'; expected one of {string.Join(", ", s_shells.Select(s => s.Shell))}."));
            });
    }

    /// <summary>Gives options whose values are names in a table those names.</summary>
    /// <param name="command">A command with all its options, and those below it.</param>
    /// <param name="terminal">Where shipped models are looked for.</param>
    public static void Complete(Command command, Terminal terminal)
    {
        foreach (Option option in command.Options)
        {
            Func<IEnumerable<string>>? values = option.Name switch
            {
                "--method" when command.Name is "explain" or "evaluate" or "report" => () => AttributionMethods.All.Select(m => m.Name),
                "--metric" when command.Name is "evaluate" or "report" => () => Metrics.All.Select(m => m.Name),
                "--model" => () => ModelFolder.ShippedNames(terminal.ProgramDirectory, terminal.WorkingDirectory),
                "--input-format" => () => DataFormats.Names.Split(", "),
                _ => null,
            };
            if (values is not null)
            {
                option.CompletionSources.Add(_ => values().Select(value => new System.CommandLine.Completions.CompletionItem(value)));
            }
        }
        foreach (Command sub in command.Subcommands)
        {
            Complete(sub, terminal);
        }
    }
}
