using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>What becomes of the scores that methods found: words, spans, parts, scale, one combination of all.</summary>
/// <param name="Words">How pieces become words; null: they stay.</param>
/// <param name="Spans">Words of the text that become one.</param>
/// <param name="Only">The words of the text that are kept; empty: all.</param>
/// <param name="Summary">How the rows of written tokens become one over what was given; null: they stay.</param>
/// <param name="Scaling">What scores are divided by; null: as the use needs it.</param>
/// <param name="Combine">How several methods become one; null: they stay.</param>
internal sealed record ResultForm(
    Aggregator? Words, IReadOnlyList<string> Spans, IReadOnlyList<string> Only, Aggregator? Summary, Scaling? Scaling,
        CombinationRule? Combine)
{
    private const int DefaultTop = 5;

    /// <summary>What a request asks for.</summary>
    /// <exception cref="Tensors.VitrineException">A name is not known.</exception>
    public static ResultForm Of(ExplainRequest request) => new(
        request.Words is { } words ? Aggregators.Get(words) : null,
        request.Spans,
        request.Only,
        request.Summary is { } summary ? Aggregators.Get(summary) : null,
        request.Normalize,
        request.Combine is { } rule ? Combination.Get(rule) : null);

    /// <summary>Shapes the results of one explanation, compares several, and adds their combination when one is asked for.</summary>
    public Figure Apply(Figure explanation, int? top)
    {
        AttributionResult[] parts = [.. explanation.Results.Select(Shape)];
        AttributionResult[] shown =
            [.. parts.Select(part => part.Scale(Scaling ?? (Combine is null ? Attributions.Scaling.None : Attributions.Scaling.L1)))];
        AttributionResult? combined = Combine is { } rule ? parts.Combine(rule, Scaling ?? Attributions.Scaling.L1) : null;
        return explanation with
        {
            Results = combined is null ? shown : [.. shown, combined],
            Agreements = Agreement.OfPairs(shown, top ?? DefaultTop),
            Ranking = combined?.Top(top ?? DefaultTop, combined.Targets.Count == 1 ? 0 : null) ?? [],
        };
    }

    // Words, then spans, then parts, then the summary.
    private AttributionResult Shape(AttributionResult result)
    {
        result = Words is null ? result : result.Words(Words);
        result = Spans.Count == 0 ? result : result.Spans(Spans.SelectMany(phrase => TokenSpan.Find(result, phrase)), Words);
        result = Only.Count == 0 ? result : result.Slices(Only.SelectMany(phrase => TokenSpan.Find(result, phrase)));
        return Summary is null ? result : result.Summary(Summary);
    }
}
