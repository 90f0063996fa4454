using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>What becomes of the scores that methods found: words, spans, parts, scale, one combination of all.</summary>
internal sealed class FormOptions
{
    private readonly Option<string?> _words = Declare.Value<string?>("--words", "name",
        "Merge pieces into words, by sum, absmax, mean or another aggregator.");
    private readonly Option<string[]> _spans = Declare.Values("--span", "words",
        "Merge the tokens of these words of the text into one. Repeatable.");
    private readonly Option<string[]> _only = Declare.Values("--only", "words",
        "Keep only the tokens of these words of the text. Repeatable.");
    private readonly Option<string?> _summary = Declare.Value<string?>("--summary", "name",
        "Of written text: one score per token of what was given, over all written tokens, by sum, mean, absmax or another aggregator.");
    private readonly Option<string?> _normalize = Declare.Value<string?>("--normalize", "by",
        "Divide scores by Σ|score| of each target (l1) or by the largest of all (max), or not (none).");
    private readonly Option<string?> _combine = Declare.Value<string?>("--combine", "rule",
        $"Make one explanation of several methods: {string.Join(", ", Combination.Rules.Select(r => r.Name))}. Scores are normalised "
        + "first, l1 unless told otherwise.");

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
