using Vitrine.Attributions;

namespace Vitrine.Tests.Attributions;

/// <summary>inseq/MODEL/aggregators of the folder inseq_071: spans, slices and differences of normalised scores.</summary>
internal static class GoldenInseqAggregators
{
    /// <summary>Checks one case.</summary>
    /// <param name="saliency">What is aggregated.</param>
    /// <param name="other">What it is compared with.</param>
    /// <param name="written">The first token that was written, on the side where it stands.</param>
    /// <param name="one">The case.</param>
    /// <param name="check">Gets the comparisons.</param>
    public static void Run(AttributionResult saliency, AttributionResult other, int written, GoldenCase one, GoldenCheck check)
    {
        (saliency, other) = (saliency.Normalise(), other.Normalise());
        int last = saliency.Sides.Count - 1, given = saliency.Sides[0].Tokens.Count, all = saliency.Sides[last].Tokens.Count;
        List<string> merging = ["split_start", "split_end"];
        Aggregator largest = Aggregators.Get("absmax");
        foreach ((string name, AttributionResult result) in new[]
        {
            ("spans_1_3", saliency.Spans([new(0, 1, 3)], largest)),
            ("spans_1_2__3_end", saliency.Spans([new(0, 1, 2), new(0, 3, last == 0 ? 5 : given)], largest)),
            ("slice_1_4", saliency.Slices([new(0, 1, 4), new(last, written, all)])),
            ("slices_target_2_4", saliency.Slices(last == 0 ? [new(0, 2, 4), new(0, written, all)] : [new(0, 0, given), new(1, 2, all)])),
            ("split_single", saliency.Spans(Merged(saliency, one, "split_single"), largest)),
            ("pair_minus_ixg", other.Minus(saliency)),
        })
        {
            if (one.Expected[$"{name}_step_probability"].Shape[0] < result.Targets.Count)
            {
                merging.Add(name);
                continue;
            }
            int[] columns = [.. Enumerable.Range(0, result.Targets.Count)];
            foreach (string side in one.Expected.Keys.Where(key => key == $"{name}_source" || key == $"{name}_target"))
            {
                GoldenInseq071.Matrix(side, result, side.EndsWith("_source", StringComparison.Ordinal) ? 0 : last, columns, _ => 1, one,
                    check);
            }
            check.Close($"{name}_step_probability", null,
                [.. result.Targets.Select(target => (float)(target.Probability ?? 0))]); // a difference has none, and 0 there
        }
        foreach (string key in one.Expected.Keys.Where(key => merging.Exists(name => key.StartsWith(name, StringComparison.Ordinal))))
        {
            check.Skip(key, "written tokens that do not make a word are put together there; here only words are");
        }
    }

    // The tokens that Inseq shows stand together without a space: t12t29.
    private static IEnumerable<TokenSpan> Merged(AttributionResult result, GoldenCase one, string name)
    {
        for (int side = 0; side < result.Sides.Count; side++)
        {
            string which = side == result.Sides.Count - 1 ? "target" : "source";
            int from = 0;
            foreach (string piece in one.Lists[$"{name}_tokens_{which}"].EnumerateArray().Select(piece => piece.GetString()!))
            {
                int count = Math.Min(piece.Count(c => c == 't'), result.Sides[side].Tokens.Count - from);
                if (count > 1)
                {
                    yield return new(side, from, from + count);
                }
                from += count;
            }
        }
    }
}
