using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>Which number of a target is explained, and what it is compared with.</summary>
internal sealed class ScoreOptions
{
    private readonly Option<string?> _name = new("--score", "--step")
    {
        Description = "Which number to explain: logit, probability, log_probability, … ('vitrine methods --scores' lists them). "
            + "Default: logit; for written text, probability.",
        HelpName = "name",
    };

    private readonly Option<string?> _contrast = new("--contrast")
    {
        Description = "Why this and not that: another label, word, answer, or continuation, token by token. Default score: "
            + "contrast_logits_diff; for written text, contrast_prob_diff.",
        HelpName = "text",
    };

    private readonly Option<string> _alignment = new("--contrast-align")
    {
        Description = $"Which token of another continuation stands against which: {ContrastAlignment.Forms}.",
        HelpName = "pairs",
        DefaultValueFactory = _ => "same",
    };

    private readonly Option<string?> _other = new("--contrast-input")
    {
        Description = "Compare with what the model says of this text instead, for pcxmi (the default then), kl_divergence, "
            + "in_context_pvi and contrast_….",
        HelpName = "text",
    };

    private readonly Option<string?> _side = new("--side")
    {
        Description = "What a translation is traced back to: source, target (what was said before) or both. Default: both.",
        HelpName = "side",
    };

    private readonly Option<double?> _topMass =
        new("--top-mass") { Description = "The probability mass of top_p_size and kl_divergence.", HelpName = "p" };
    private readonly Option<string[]> _stepScores = new("--step-score")
    {
        Description = "Show this number of every target next to the explanation: entropy, perplexity, … Repeatable.",
        HelpName = "name",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>All options, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _name, _contrast, _alignment, _other, _side, _topMass, _stepScores };

    /// <summary>A request with what a command line says of the score.</summary>
    /// <exception cref="CommandException">There is no such side.</exception>
    public T Apply<T>(ParseResult parsed, T request)
        where T : ExplainRequest => (T)(request with
        {
            Score = parsed.GetValue(_name),
            Contrast = Argued(parsed.GetValue(_contrast)),
            ContrastAlign = parsed.GetValue(_alignment) ?? "same",
            ContrastInput = Argued(parsed.GetValue(_other)),
            TopMass = parsed.GetValue(_topMass),
            StepScores = parsed.GetValue(_stepScores) ?? [],
            Side = parsed.GetValue(_side) switch
            {
                null => null,
                "both" => TranslationSides.Both,
                "source" => TranslationSides.Source,
                "target" => TranslationSides.Target,
                var side => throw new CommandException(ExitCode.Usage, $"side: not known; got '{side}'; expected source, target or both."),
            },
        });

    private static string? Argued(string? text) => text is null ? null : TextSource.Argued(text);
}
