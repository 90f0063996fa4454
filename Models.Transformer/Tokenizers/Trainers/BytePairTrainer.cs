namespace Vitrine.Transformers;

/// <summary>
/// Learns a byte-level byte-pair encoding from texts: starts with single bytes and again and again joins the most frequent pair of
/// neighbours inside a word, until the vocabulary is full. Any text can be spelled with the result.
/// </summary>
/// <remarks>
/// Source: Sennrich et al. 2016, algorithm 1; words and byte alphabet of Radford et al. 2019 (GPT-2). Deterministic: of pairs equally
/// frequent, the first in ordinal order is joined.
/// </remarks>
public static class BytePairTrainer
{
    private const int Bytes = 256;

    /// <summary>Pieces and merges.</summary>
    /// <param name="texts">The training texts; cut into words as <see cref="BytePairEncoding"/> will cut them.</param>
    /// <param name="size">Pieces in all: 256 bytes, merges, and the end of text. Fewer come out when there is nothing left to join.</param>
    /// <param name="leastCount">Join no pair that occurs less often. Default 2.</param>
    /// <exception cref="TokenizerException">The size has no room for the bytes.</exception>
    public static BytePairVocabulary Train(IEnumerable<string> texts, int size, int leastCount = 2)
    {
        if (size < Bytes + 1)
        {
            throw new TokenizerException($"byte_pair: vocabulary too small; "
                + $"got size {size}; expected at least {Bytes + 1}: the bytes and the end of text.");
        }
        List<string> pieces = [.. Enumerable.Range(0, Bytes).Select(b => ByteAlphabet.ToChar((byte)b).ToString())
            .Order(StringComparer.Ordinal)];
        var known = new HashSet<string>(pieces, StringComparer.Ordinal);
        var merges = new List<BytePairMerge>();
        var pairs = new PairCounts([.. CountWords(texts).Select(w => new PairCounts.Word([.. w.Key.Select(c => c.ToString())], w.Value))]);
        while (pieces.Count < size - 1 && pairs.TakeMostFrequent(leastCount) is { } pair)
        {
            string joined = pair.Left + pair.Right;
            if (known.Add(joined))
            {
                pieces.Add(joined); // two pairs may spell the same piece
            }
            merges.Add(new(pair.Left, pair.Right));
            pairs.Join(pair, joined);
        }
        return new([.. pieces, BytePairVocabulary.EndOfText], merges);
    }

    /// <summary>How often each word occurs, spelled in the alphabet of bytes.</summary>
    internal static SortedDictionary<string, int> CountWords(IEnumerable<string> texts)
    {
        var splitter = new PatternWords(new Gpt2Words(), SplitBehavior.Isolated);
        var words = new List<TextPart>();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            words.Clear();
            splitter.Split(TextPart.Whole(AlignedText.Verbatim(text, new TextSpan(0, text.Length))), words);
            foreach (TextPart part in words)
            {
                string word = new(Array.ConvertAll(System.Text.Encoding.UTF8.GetBytes(part.Span.Of(text)), ByteAlphabet.ToChar));
                counts[word] = counts.GetValueOrDefault(word) + 1;
            }
        }
        return counts;
    }
}
