using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>What of a model's answer is explained.</summary>
internal sealed class SubjectOptions
{
    /// <summary>Labels, words, an answer, or numbers of written tokens.</summary>
    public Option<string[]> Targets { get; } = new("--target", "-t")
    {
        Description = "What to explain: a label's name or number, 'all', an answer of the context, a word for a mask, the number of a written token. Repeatable. Default: what the model says.",
        HelpName = "name",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>Which number of a target.</summary>
    public StepChoice Score { get; } = new();

    /// <summary>A text the model did not choose itself.</summary>
    public Option<string?> Forced { get; } = new("--forced") { Description = "Explain this continuation or translation instead of the model's own.", HelpName = "text" };

    /// <summary>The same as ids.</summary>
    public Option<string?> ForcedIds { get; } = new("--forced-ids") { Description = "The same as token ids, for models without a tokenizer.", HelpName = "ids" };

    /// <summary>How the model writes, where it does.</summary>
    public Written Writing { get; } = new();

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => (Symbol[])[Targets, .. Score.Symbols, Forced, ForcedIds, .. Writing.Symbols];
}
