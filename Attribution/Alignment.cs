using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>A word of a translation and the source word it rests on.</summary>
/// <param name="Source">Position of the token in the source.</param>
/// <param name="Target">Which of the explained targets, from 0.</param>
/// <param name="Score">Its share of the magnitudes of all source tokens for this target, 0–1.</param>
public readonly record struct AlignmentLink(int Source, int Target, float Score);

/// <summary>Word alignment out of attributions: every written token goes to the source token with the largest magnitude.</summary>
/// <remarks>
/// Li et al. 2019, “On the word alignment from neural machine translation”; Chen et al. 2020. The error rate is Och and Ney's (2003).
/// Special tokens are neither source nor target of a link.
/// </remarks>
public static class Alignment
{
    /// <summary>
    /// The links of a translation, one per written token that is no special token; none where a result has no source and target.
    /// </summary>
    public static IReadOnlyList<AlignmentLink> Of(AttributionResult result)
    {
        if (result.Sides is not [{ Name: "source" } source, { Name: "target" }])
        {
            return [];
        }
        int[] words = [.. Enumerable.Range(0, source.Tokens.Count).Where(p => !source.Tokens[p].IsSpecial)];
        var links = new List<AlignmentLink>();
        for (int target = 0; target < result.Targets.Count && words.Length > 0; target++)
        {
            float[] scores = source.Scores[target];
            int best = words.MaxBy(p => Magnitude(scores[p]));
            double total = words.Sum(p => (double)Magnitude(scores[p]));
            if (total > 0 && result.Targets[target].SequenceLength is null && !IsSpecial(result, target))
            {
                links.Add(new(best, target, (float)(Magnitude(scores[best]) / total)));
            }
        }
        return links;
    }

    /// <summary>
    /// The same between words, each pair once: two words are linked where tokens of them are. Words are what stands between spaces, so both
    /// texts must be written as the person who aligned them cut them; where there is no text, tokens are words.
    /// </summary>
    public static IReadOnlyList<AlignmentLink> OfWords(AttributionResult result) => [.. Of(result)
        .Select(link => (Source: Word(result.Sides[0], link.Source), Target: Word(result.Sides[1],
            (result.Targets[link.Target].Position ?? -1) + 1), link.Score))
        .GroupBy(pair => (pair.Source, pair.Target))
        .Select(pairs => new AlignmentLink(pairs.Key.Source, pairs.Key.Target, pairs.Max(pair => pair.Score)))];

    /// <summary>The links as Pharaoh writes them: <c>source-target</c>, spaces between.</summary>
    public static string Pharaoh(IEnumerable<AlignmentLink> links) =>
        string.Join(' ', links.Select(link => string.Create(CultureInfo.InvariantCulture, $"{link.Source}-{link.Target}")));

    /// <summary>The alignment error rate, 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|): 0 where all agree; 0–1.</summary>
    /// <param name="links">A, what was found.</param>
    /// <param name="reference">
    /// What people said, in Pharaoh's form: <c>0-0</c> is a sure link (in S and in P), <c>1p2</c> a possible one (in P).
    /// </param>
    /// <exception cref="VitrineException">The reference cannot be read.</exception>
    public static double ErrorRate(IReadOnlyList<AlignmentLink> links, string reference)
    {
        HashSet<(int, int)> sure = [], possible = [];
        foreach (string pair in reference.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = pair.Split('-', 'p');
            if (ends.Length != 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int from)
                || !int.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out int to))
            {
                throw new VitrineException($"alignment: not a link; got '{pair}'; "
                    + $"expected source-target, or sourceptarget for a possible one, e.g. 0-0 1p2.");
            }
            possible.Add((from, to));
            if (pair.Contains('-', StringComparison.Ordinal))
            {
                sure.Add((from, to));
            }
        }
        int agreed = links.Sum(link => (sure.Contains((link.Source, link.Target)) ? 1 : 0) + (possible.Contains((link.Source, link.Target))
            ? 1 : 0));
        int all = links.Count + sure.Count;
        return all == 0 ? 0 : 1 - ((double)agreed / all);
    }

    // The token a target writes is one position after the one that is read; the last is not read.
    private static bool IsSpecial(AttributionResult result, int target)
    {
        int position = (result.Targets[target].Position ?? -1) + 1;
        IReadOnlyList<InputToken> written = result.Sides[1].Tokens;
        return position > 0 && position < written.Count ? written[position].IsSpecial : result.Targets[target].Label is ['<', .., '>'];
    }

    // Which word of its text a token begins in; the last written token is after all that were read, the first after the start token.
    private static int Word(SideScores side, int position)
    {
        bool isLast = position == side.Tokens.Count;
        InputToken token = side.Tokens[isLast ? position - 1 : position];
        if (side.Texts is not [var text, ..] || (token.Text != 0 && !isLast))
        {
            return side.Name == "target" ? position - 1 : position;
        }
        int at = isLast ? Math.Max(token.End, 0) : token.Start;
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
        return text[..at].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length - (at > 0 && at < text.Length
            && !char.IsWhiteSpace(text[at - 1]) ? 1 : 0);
    }

    private static float Magnitude(float score) => float.IsFinite(score) ? MathF.Abs(score) : 0;
}
