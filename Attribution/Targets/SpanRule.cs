namespace Vitrine.Attributions;

/// <summary>The rule by which a reader answers: the span of the context, at most 30 tokens long, with the largest p(start) ·
/// p(end).</summary>
/// <remarks>The same order as by the sum of both logits, which is how SQuAD's readers are decoded.</remarks>
public static class SpanRule
{
    /// <summary>The longest answer, tokens.</summary>
    public const int Longest = 30;

    /// <summary>The spans, best first; of equal ones the first.</summary>
    /// <param name="text">Question and context; of bare ids it is not known where the context begins, so that every token may
    /// answer.</param>
    /// <param name="probabilities">Of every position to be the start, then to be the end. <c>[2 · pos]</c></param>
    /// <param name="top">How many.</param>
    /// <param name="start">The first token of the answer; null: any of the context.</param>
    /// <param name="end">Its last token; null: any of the context.</param>
    public static IReadOnlyList<(int Start, int End, double Probability)> Ranked(ExplainedText text, float[] probabilities, int top,
        int? start = null, int? end = null)
    {
        int length = text.Tokens.Count;
        bool IsContext(int i) => !text.Tokens[i].IsSpecial && (text.Texts.Count == 0 || text.Tokens[i].Text == 1);
        return [.. Enumerable.Range(0, length).Where(i => start is { } given ? i == given : IsContext(i))
            .SelectMany(first => Enumerable.Range(first, Math.Min(Longest, length - first))
                .TakeWhile(last => last == start || last == end || IsContext(last))
                .Where(last => end is null || last == end)
                .Select(last => (first, last, (double)probabilities[first] * probabilities[length + last])))
            .OrderByDescending(span => span.Item3).ThenBy(span => span.first).Take(top)];
    }
}
