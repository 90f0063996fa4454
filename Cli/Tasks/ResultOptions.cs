using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>What becomes of the scores that methods found: words, spans, parts, scale, one combination of all.</summary>
internal sealed class ResultOptions
{
    private const int DefaultTop = 5;

    private readonly Option<string?> _words = new("--words") { Description = "Merge pieces into words, by sum, absmax, mean or another aggregator.", HelpName = "name" };
    private readonly Option<string[]> _spans = new("--span") { Description = "Merge the tokens of these words of the text into one. Repeatable.", HelpName = "words", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _only = new("--only") { Description = "Keep only the tokens of these words of the text. Repeatable.", HelpName = "words", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _summary = new("--summary") { Description = "Of written text: one score per token of what was given, over all written tokens, by sum, mean, absmax or another aggregator.", HelpName = "name" };
    private readonly Option<string?> _normalize = new("--normalize") { Description = "Divide scores by Σ|score| of each target (l1) or by the largest of all (max), or not (none).", HelpName = "by" };
    private readonly Option<string?> _combine = new("--combine") { Description = $"Make one explanation of several methods: {string.Join(", ", Combination.Rules.Select(r => r.Name))}. Scores are normalised first, l1 unless told otherwise.", HelpName = "rule" };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _words, _spans, _only, _summary, _normalize, _combine };

    /// <summary>What a command line asks for.</summary>
    /// <exception cref="VitrineException">A name is not known.</exception>
    public ResultForm Read(ParseResult parsed) => new(
        parsed.GetValue(_words) is { } words ? Aggregators.Get(words) : null,
        parsed.GetValue(_spans) ?? [],
        parsed.GetValue(_only) ?? [],
        parsed.GetValue(_summary) is { } summary ? Aggregators.Get(summary) : null,
        parsed.GetValue(_normalize) is { } scaling ? ParseScaling(scaling) : null,
        parsed.GetValue(_combine) is { } rule ? Combination.Get(rule) : null);

    /// <summary>Shapes the results of one explanation, compares several, and adds their combination when one is asked for.</summary>
    public static Explanation Apply(ResultForm form, Explanation explanation, int? top)
    {
        AttributionResult[] parts = [.. explanation.Results.Select(form.Shape)];
        AttributionResult[] shown = [.. parts.Select(part => part.Scale(form.Scaling ?? (form.Combine is null ? Scaling.None : Scaling.L1)))];
        AttributionResult? combined = form.Combine is { } rule ? parts.Combine(rule, form.Scaling ?? Scaling.L1) : null;
        return explanation with
        {
            Results = combined is null ? shown : [.. shown, combined],
            Agreements = Agreement.OfPairs(shown, top ?? DefaultTop),
            Ranking = combined?.Top(top ?? DefaultTop, combined.Targets.Count == 1 ? 0 : null) ?? [],
        };
    }

    private static Scaling ParseScaling(string name) => name.ToLowerInvariant() switch
    {
        "l1" => Scaling.L1,
        "max" => Scaling.Max,
        "none" => Scaling.None,
        _ => throw new CommandException(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"normalize: no such scale; got '{name}'; expected l1, max or none.")),
    };
}

/// <summary>What becomes of scores, read from a command line.</summary>
/// <param name="Words">How pieces become words; null: they stay.</param>
/// <param name="Spans">Words of the text that become one.</param>
/// <param name="Only">The words of the text that are kept; empty: all.</param>
/// <param name="Summary">How the rows of written tokens become one over what was given; null: they stay.</param>
/// <param name="Scaling">What scores are divided by; null: as the use needs it.</param>
/// <param name="Combine">How several methods become one; null: they stay.</param>
internal sealed record ResultForm(Aggregator? Words, string[] Spans, string[] Only, Aggregator? Summary, Scaling? Scaling, CombinationRule? Combine)
{
    /// <summary>Words, then spans, then parts, then the summary.</summary>
    public AttributionResult Shape(AttributionResult result)
    {
        result = Words is null ? result : result.Words(Words);
        result = Spans.Length == 0 ? result : result.Spans(Spans.SelectMany(phrase => TokenSpan.Find(result, phrase)), Words);
        result = Only.Length == 0 ? result : result.Slices(Only.SelectMany(phrase => TokenSpan.Find(result, phrase)));
        return Summary is null ? result : result.Summary(Summary);
    }
}
