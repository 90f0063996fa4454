using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>Which number of a target is explained, and what it is compared with.</summary>
internal sealed class ScoreOptions
{
    private readonly Option<string?> _name = Declare.Value<string?>("--score|--step", "name",
        "Which number to explain: logit, probability, log_probability, … ('vitrine methods --scores' lists them). Default: logit; for "
        + "written text, probability.");

    private readonly Option<string?> _contrast = Declare.Value<string?>("--contrast", "text",
        "Why this and not that: another label, word, answer, or continuation, token by token. Default score: contrast_logits_diff; for "
        + "written text, contrast_prob_diff.");

    private readonly Option<string> _alignment = Declare.Value<string>("--contrast-align", "pairs",
        $"Which token of another continuation stands against which: {ContrastAlignment.Forms}.", "same");

    private readonly Option<string?> _other = Declare.Value<string?>("--contrast-input", "text",
        "Compare with what the model says of this text instead, for pcxmi (the default then), kl_divergence, in_context_pvi and "
        + "contrast_….");

    private readonly Option<string?> _side = Declare.Value<string?>("--side", "side",
        "What a translation is traced back to: source, target (what was said before) or both. Default: both.");

    private readonly Option<double?> _topMass = Declare.Value<double?>("--top-mass", "p",
        "The probability mass of top_p_size and kl_divergence.");
    private readonly Option<string[]> _stepScores = Declare.Values("--step-score", "name",
        "Show this number of every target next to the explanation: entropy, perplexity, … Repeatable.");

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
