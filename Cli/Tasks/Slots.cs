using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>The slots of a template as features, with a text that stands for each while its value is absent.</summary>
/// <param name="Template">What made the text.</param>
/// <param name="Absent">From the name of a slot to what it holds instead of its value.</param>
internal sealed record Slots(TextTemplate Template, IReadOnlyDictionary<string, string> Absent)
{
    private const string Form = "template:";

    /// <summary>The option that asks for them.</summary>
    public static Option<string[]> Option() => new("--absent")
    {
        Description = "With --groups template:…, what a slot holds while its value is absent, as name=text (\"city=Boston\", or \"city=\" for nothing); slots that are not named then hold nothing. Without it tokens are replaced by the baseline.",
        HelpName = "name=text",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>What a command line says; null where it names no text.</summary>
    /// <exception cref="CommandException">There is no template, or an option has no name.</exception>
    public static Slots? Read(string[]? absent, string? groups)
    {
        if (absent is not { Length: > 0 })
        {
            return null;
        }
        if (groups?.StartsWith(Form, StringComparison.Ordinal) is not true)
        {
            throw new CommandException(ExitCode.Usage, $"absent: no template; got --groups {groups ?? "not at all"}; expected --groups \"{Form}{{name}} lives in {{city}}\" beside it.");
        }
        var texts = new Dictionary<string, string>();
        foreach (string one in absent)
        {
            if (one.Split('=', 2) is not [{ Length: > 0 } name, var text] || !texts.TryAdd(name, TextSource.Argued(text)))
            {
                throw new CommandException(ExitCode.Usage, $"absent: not a slot and its text; got '{one}'; expected name=text, each name once.");
            }
        }
        return new(new TextTemplate(groups[Form.Length..]), texts);
    }

    /// <summary>The score as a function of the slots.</summary>
    /// <param name="f">The score of the text itself.</param>
    /// <param name="of">The same score of another text; null: the task has no such thing.</param>
    /// <exception cref="CommandException">The task has no such thing.</exception>
    public ScoreFunction Of(ScoreFunction f, Func<string, ScoreFunction>? of) => new SlotScore(Template, Absent, f, of ?? throw new CommandException(
        ExitCode.Usage, "absent: another text has no answer at the same place; got a question answering or multiple choice model; expected --groups without --absent, where tokens are replaced."));
}
