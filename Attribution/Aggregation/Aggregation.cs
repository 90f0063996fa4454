using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Puts the scores of several tokens together, as Inseq's aggregators do: pieces to words, tokens to spans, parts of a text, the difference
/// of two results. Each takes a result and gives a result, so that they chain: <c>result.Words().Normalise()</c>.
/// </summary>
public static class Aggregation
{
    /// <summary>
    /// One score per word (Inseq's <c>subwords</c>); of a written text the written words too. <c>sum</c>, the default, keeps completeness;
    /// Inseq's default is <c>absmax</c>.
    /// </summary>
    /// <param name="result">Scores of pieces.</param>
    /// <param name="by">How several scores become one; null: <c>sum</c>.</param>
    public static AttributionResult Words(this AttributionResult result, Aggregator? by = null)
    {
        by ??= Aggregators.Sum;
        bool isWritten = result.Sides.Count > 1 || result.Sides[0].GivenLength < result.Sides[0].Tokens.Count;
        IReadOnlyList<Range> targets = isWritten ? WordBoundary.Words(result.Targets) : Each(result.Targets.Count);
        return Merge(result, [.. result.Sides.Select(WordBoundary.Words)], targets, by, "words");
    }

    /// <summary>One score per span, tokens outside stay as they are (Inseq's <c>spans</c>).</summary>
    /// <param name="result">The scores.</param>
    /// <param name="spans">Spans that do not overlap.</param>
    /// <param name="by">How several scores become one; null: <c>sum</c>.</param>
    /// <exception cref="VitrineException">Spans overlap, or lie outside.</exception>
    public static AttributionResult Spans(this AttributionResult result, IEnumerable<TokenSpan> spans, Aggregator? by = null)
    {
        TokenSpan[] wanted = Checked(result, spans);
        List<TokenSpan>[] groups = [.. result.Sides.Select((side, s) =>
        {
            List<TokenSpan> all = [];
            for (int p = 0; p < side.Tokens.Count; p = all[^1].End)
            {
                all.Add(Array.Find(wanted, span => span.Side == s && span.Start == p) is { Length: > 0 } span ? span : new(s, p, p + 1));
            }
            return all;
        })];
        return Merge(result, groups, Each(result.Targets.Count), by ?? Aggregators.Sum, "spans");
    }

    /// <summary>Only the tokens of some spans (Inseq's <c>slices</c>); what the others scored is gone, and completeness with it.</summary>
    /// <param name="result">The scores.</param>
    /// <param name="spans">Spans that do not overlap.</param>
    /// <exception cref="VitrineException">Spans overlap, or lie outside.</exception>
    public static AttributionResult Slices(this AttributionResult result, IEnumerable<TokenSpan> spans)
    {
        TokenSpan[] kept = Checked(result, spans);
        List<TokenSpan>[] groups = [.. result.Sides.Select((_, s) =>
            kept.Where(span => span.Side == s).OrderBy(span => span.Start).SelectMany(span => Enumerable.Range(span.Start, span.Length))
                .Select(p => new TokenSpan(s, p, p + 1)).ToList())];
        return Merge(result, groups, Each(result.Targets.Count), Aggregators.Sum, "slices") with
        {
            SumsTo = null,
            Targets = [.. Retarget(result, groups, Each(result.Targets.Count), Aggregators.Sum)
                .Select(target => target with { Delta = null })],
        };
    }

    /// <summary>
    /// The difference a − b (Inseq's <c>pair</c>; its minus sign gives b − a): two inputs that differ in a word, two targets, two methods.
    /// </summary>
    /// <param name="a">What is looked at.</param>
    /// <param name="b">What it is compared with, over as many tokens and targets.</param>
    /// <exception cref="VitrineException">They do not have the same form.</exception>
    public static AttributionResult Minus(this AttributionResult a, AttributionResult b)
    {
        static string Form(AttributionResult r) =>
            $"{string.Join(" and ", r.Sides.Select(side => side.Tokens.Count))} tokens and {r.Targets.Count} targets";
        if (Form(a) != Form(b))
        {
            throw new VitrineException($"difference: the results have different forms; got {Form(a)} against {Form(b)}; expected the same. "
                + $"Choose texts of as many tokens.");
        }
        static string Both(string x, string y, string sign) => x == y ? x : $"{x}{sign}{y}";
        return a with
        {
            Method = Both(a.Method, b.Method, " − "),
            StepName = Both(a.StepName, b.StepName, " − "),
            Model = Both(a.Model ?? "", b.Model ?? "", " − ") is { Length: > 0 } model ? model : null,
            Targets = [.. a.Targets.Zip(b.Targets, (x, y) => x with
            {
                Label = $"{x.Label} − {y.Label}",
                Id = x.Id == y.Id ? x.Id : null,
                Probability = null,
                Score = x.Score - y.Score,
                BaselineScore = x.BaselineScore - y.BaselineScore,
                Delta = x.Delta - y.Delta,
                Reach = [.. x.Reach.Zip(y.Reach, Math.Max)],
            })],
            Sides = [.. a.Sides.Zip(b.Sides, (x, y) => x with
            {
                Tokens = [.. x.Tokens.Zip(y.Tokens, (p, q) => p.Piece == q.Piece
                    ? p : p with { Id = -1, Piece = $"{p.Piece} → {q.Piece}", Start = 0, End = 0 })],
                Scores = [.. x.Scores.Zip(y.Scores, (p, q) => p.Zip(q, (v, w) => v - w).ToArray())],
                Raw = null,
                RawAxes = [],
            })],
            SumsTo = a.SumsTo == b.SumsTo && a.SumsTo is not null ? $"the difference of both: {a.SumsTo}" : null,
            Warnings = [.. a.Warnings.Union(b.Warnings)],
        };
    }

    private static Range[] Each(int count) => [.. Enumerable.Range(0, count).Select(t => t..(t + 1))];

    private static TokenSpan[] Checked(AttributionResult result, IEnumerable<TokenSpan> spans)
    {
        TokenSpan[] sorted = [.. spans.OrderBy(span => span.Side).ThenBy(span => span.Start)];
        for (int i = 0; i < sorted.Length; i++)
        {
            TokenSpan span = sorted[i];
            if (span.Side < 0 || span.Side >= result.Sides.Count || span.Start < 0 || span.Length < 1
                || span.End > result.Sides[span.Side].Tokens.Count)
            {
                throw new VitrineException($"spans: outside the text; "
                    + $"got tokens {span.Start} to {span.End} of side {span.Side}; expected some of its tokens.");
            }
            if (i > 0 && sorted[i - 1].Side == span.Side && sorted[i - 1].End > span.Start)
            {
                throw new VitrineException($"spans: they overlap; "
                    + $"got tokens {sorted[i - 1].Start} to {sorted[i - 1].End} and {span.Start} to {span.End}; expected each token once.");
            }
        }
        return sorted;
    }

    private static AttributionResult Merge(AttributionResult result, List<TokenSpan>[] groups, IReadOnlyList<Range> targets, Aggregator by,
        string what) => result with
        {
            Targets = Retarget(result, groups, targets, by),
            Sides = [.. result.Sides.Select((side, s) => side with
        {
            Tokens = [.. groups[s].Select(span => Token(side, span))],
            GivenLength = groups[s].Count(span => span.Start < side.GivenLength),
            Scores = [.. targets.Select(rows => groups[s].Select(span => Cell(result, rows, span, by)).ToArray())],
            Raw = null,
            RawAxes = [],
        })],
            Parameters = new Dictionary<string, string>(result.Parameters) { [what] = by.Name },
            SumsTo = by == Aggregators.Sum ? result.SumsTo : null,
        };

    /// <summary>One score of a block of targets and tokens; those that a target cannot depend on do not count.</summary>
    private static float Cell(AttributionResult result, Range rows, TokenSpan span, Aggregator by)
    {
        List<float> scores = [];
        for (int t = rows.Start.Value; t < rows.End.Value; t++)
        {
            int end = Math.Min(span.End, result.Targets[t].Reach[span.Side]);
            scores.AddRange(result.Sides[span.Side].Scores[t].AsSpan(span.Start, Math.Max(0, end - span.Start)));
        }
        return scores.Count == 0 ? 0 : by.Of(scores.ToArray());
    }

    private static InputToken Token(SideScores side, TokenSpan span)
    {
        (InputToken first, InputToken last) = (side.Tokens[span.Start], side.Tokens[span.End - 1]);
        if (span.Length == 1)
        {
            return first;
        }
        bool hasText = first.Text >= 0 && first.Text == last.Text && first.Text < side.Texts.Count && last.End > first.Start;
        string pieces = string.Concat(side.Tokens.Take(span.Start..span.End)
            .Select((token, i) => i > 0 && token.Piece.StartsWith("##", StringComparison.Ordinal) ? token.Piece[2..] : token.Piece));
        return first with
        {
            Id = -1,
            Piece = hasText ? side.Texts[first.Text][first.Start..last.End].TrimStart() : pieces,
            End = hasText
            ? last.End : first.Start
        };
    }

    private static List<ExplainedTarget> Retarget(AttributionResult result, List<TokenSpan>[] groups, IReadOnlyList<Range> targets,
        Aggregator by)
    {
        List<ExplainedTarget> merged = [];
        foreach (Range rows in targets)
        {
            ExplainedTarget[] members = [.. result.Targets.Take(rows)];
            ExplainedTarget last = members[^1];
            int[] reach = [.. groups.Select((side, s) => side.Count(span => span.Start < members.Max(m => m.Reach[s])))];
            Aggregator steps = StepAggregators.Of(result.StepName);
            merged.Add(members.Length == 1 ? last with { Reach = reach } : last with
            {
                Label = string.Concat(members.Select(m => m.Label)),
                Id = null,
                Probability = members.All(m => m.Probability is not null)
                ? members.Aggregate(1.0, (p, m) => p * m.Probability!.Value) : null,
                Score = steps.Of([.. members.Select(m => (float)m.Score)]),
                BaselineScore = members.All(m => m.BaselineScore is not null)
                ? steps.Of([.. members.Select(m => (float)m.BaselineScore!.Value)]) : null,
                Delta = by == Aggregators.Sum && members.All(m => m.Delta is not null) ? members.Sum(m => m.Delta!.Value) : null,
                Reach = reach,
            });
        }
        return merged;
    }
}
