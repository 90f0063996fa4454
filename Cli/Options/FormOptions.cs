using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>What becomes of the scores that methods found: words, spans, parts, scale, one combination of all.</summary>
internal sealed class FormOptions
{
    private readonly Option<string?> _words =
        new("--words") { Description = "Merge pieces into words, by sum, absmax, mean or another aggregator.", HelpName = "name" };
    private readonly Option<string[]> _spans =
        new("--span") { Description = "Merge the tokens of these words of the text into one. Repeatable.", HelpName = "words", Arity =
            ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _only =
        new("--only") { Description = "Keep only the tokens of these words of the text. Repeatable.", HelpName = "words", Arity =
            ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _summary =
        new("--summary") { Description =
            "Of written text: one score per token of what was given, over all written tokens, by sum, mean, absmax or another aggregator.",
                HelpName = "name" };
    private readonly Option<string?> _normalize =
        new("--normalize") { Description = "Divide scores by Σ|score| of each target (l1) or by the largest of all (max), or not (none).",
            HelpName = "by" };
    private readonly Option<string?> _combine =
        new("--combine") { Description =
            $"Make one explanation of several methods: {string.Join(", ", Combination.Rules.Select(r => r.Name))}. Scores are "
                + $"normalised first, l1 unless told otherwise.", HelpName = "rule" };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _words, _spans, _only, _summary, _normalize, _combine };

    /// <summary>A request with what a command line asks for.</summary>
    /// <exception cref="CommandException">There is no such scale.</exception>
    public ExplainRequest Apply(ParseResult parsed, ExplainRequest request) => request with
    {
        Words = parsed.GetValue(_words),
        Spans = parsed.GetValue(_spans) ?? [],
        Only = parsed.GetValue(_only) ?? [],
        Summary = parsed.GetValue(_summary),
        Normalize = parsed.GetValue(_normalize) is { } scaling ? ParseScaling(scaling) : null,
        Combine = parsed.GetValue(_combine),
    };

    private static Scaling ParseScaling(string name) => name.ToLowerInvariant() switch
    {
        "l1" => Scaling.L1,
        "max" => Scaling.Max,
        "none" => Scaling.None,
        _ => throw new CommandException(ExitCode.Usage, $"normalize: no such scale; got '{name}'; expected l1, max or none."),
    };
}
