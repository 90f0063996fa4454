using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>A written text as a whole beside its tokens, and several runs in place of one.</summary>
internal sealed class SequenceOptions
{
    private readonly Option<bool> _sequence = new("--sequence")
    {
        Description = "Of written text: explain it as a whole too, as one more target behind its tokens: its ln p, or with --score probability its p. Default score then: log_probability.",
    };

    private readonly Option<int> _trials = new("--trials")
    {
        Description = "Average so many runs of a method that draws; run i, from 0, has the seed --seed + i.",
        HelpName = "n",
        DefaultValueFactory = _ => 1,
    };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _sequence, _trials };

    /// <summary>The score with what a command line says of the whole text.</summary>
    /// <exception cref="CommandException">The score has no meaning for a whole text, or a number is out of range.</exception>
    public StepChoice.Chosen Read(ParseResult parsed, StepChoice.Chosen score)
    {
        PredictCommand.Positive(parsed.GetValue(_trials), "trials");
        if (!parsed.GetValue(_sequence))
        {
            return score;
        }
        return score is { Name: null or "log_probability" or "probability", Contrast: null, Other: null } ? score with { Name = score.Name ?? "log_probability", HasWhole = true } : throw new CommandException(
            ExitCode.Usage, $"sequence: these scores have no meaning for a whole text; got {(score.Contrast is not null ? "--contrast" : score.Other is not null ? "--contrast-input" : "--score " + score.Name)}; expected --score log_probability or probability.");
    }

    /// <summary>The methods, run as a command line says.</summary>
    public IAttributionMethod[] Apply(ParseResult parsed, IAttributionMethod[] methods, StepChoice.Chosen score)
    {
        int trials = parsed.GetValue(_trials);
        IAttributionMethod[] runs = trials == 1 ? methods : [.. methods.Select(method => new Trials(method, trials))];
        return score.HasWhole ? [.. runs.Select(method => new SequenceAndTokens(method))] : runs;
    }
}
