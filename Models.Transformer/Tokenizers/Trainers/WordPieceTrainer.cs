namespace Vitrine.Transformers;

/// <summary>
/// Learns a WordPiece vocabulary from texts: starts with single characters and again and again joins the most frequent pair of
/// neighbours inside a word, until the vocabulary is full. Frequent words become one piece, rare ones stay in parts.
/// </summary>
/// <remarks>
/// Source: Sennrich et al. 2016 (byte-pair encoding), with BERT's <c>##</c> before pieces that continue a word, as Hugging Face's
/// <c>BertWordPieceTokenizer.train</c> does. Deterministic: of pairs equally frequent, the first in ordinal order is joined.
/// </remarks>
public static class WordPieceTrainer
{
    /// <summary>The vocabulary: special tokens, characters in ordinal order, then pieces in the order in which they were joined.</summary>
    /// <param name="texts">The training texts; cut into words as <see cref="WordPiece"/> will cut them.</param>
    /// <param name="size">Pieces in all, the special tokens included. Fewer come out when there is nothing left to join.</param>
    /// <param name="options">Treatment of text and names of special tokens; null for BERT uncased.</param>
    /// <param name="leastCount">Join no pair that occurs less often. Default 1; Hugging Face's BERT trainer has 2.</param>
    /// <exception cref="TokenizerException">The texts hold more different characters than <paramref name="size"/> allows.</exception>
    public static Vocabulary Train(IEnumerable<string> texts, int size, WordPieceOptions? options = null, int leastCount = 1)
    {
        options ??= new WordPieceOptions();
        List<PairCounts.Word> words = [.. CountWords(texts, options)
            .Select(w => new PairCounts.Word(Characters(w.Key, options.ContinuationPrefix), w.Value))];
        List<string> pieces = [.. Special(options)];
        pieces.AddRange(words.SelectMany(w => w.Pieces).Distinct().Order(StringComparer.Ordinal));
        if (pieces.Count > size)
        {
            throw new TokenizerException(
                $"word_piece: vocabulary too small; got size {size}; expected at least {pieces.Count}, one piece per character of the "
                + $"texts.");
        }

        var known = new HashSet<string>(pieces, StringComparer.Ordinal);
        var pairs = new PairCounts(words);
        while (pieces.Count < size && pairs.TakeMostFrequent(leastCount) is { } pair)
        {
            string joined = pair.Left + pair.Right[options.ContinuationPrefix.Length..];
            if (known.Add(joined))
            {
                pieces.Add(joined); // two pairs may spell the same piece
            }

            pairs.Join(pair, joined);
        }

        return Vocabulary.FromPieces(pieces);
    }

    /// <summary>
    /// A vocabulary of whole words only: those seen at least <paramref name="leastCount"/> times; every other word is unknown.
    /// </summary>
    /// <remarks>For small corpora: the parts of a word that was seen once say less than the plain fact that it is rare.</remarks>
    /// <param name="texts">The training texts.</param>
    /// <param name="leastCount">At least 1.</param>
    /// <param name="options">Treatment of text and names of special tokens; null for BERT uncased.</param>
    /// <returns>Special tokens, then the words in ordinal order.</returns>
    public static Vocabulary WholeWords(IEnumerable<string> texts, int leastCount, WordPieceOptions? options = null)
    {
        options ??= new WordPieceOptions();
        return Vocabulary.FromPieces([.. Special(options), .. CountWords(texts, options).Where(w => w.Value >= leastCount)
            .Select(w => w.Key)]);
    }

    private static string[] Special(WordPieceOptions options) => [options.Pad, options.Unk, options.Cls, options.Sep, options.Mask];

    private static SortedDictionary<string, int> CountWords(IEnumerable<string> texts, WordPieceOptions options)
    {
        BertNormalizer normalizer = BertNormalizer.From(options);
        var splitter = new BertWords();
        var words = new List<TextPart>();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            words.Clear();
            splitter.Split(TextPart.Whole(normalizer.Normalize(AlignedText.Verbatim(text, new TextSpan(0, text.Length)))), words);
            foreach (TextPart part in words)
            {
                string word = part.Chars.ToString();
                if (word.EnumerateRunes().Count() <= options.MaxWordLength)   // longer words are unknown whatever the vocabulary
                {
                    counts[word] = counts.GetValueOrDefault(word) + 1;
                }
            }
        }

        return counts;
    }

    private static List<string> Characters(string word, string prefix) =>
        [.. word.EnumerateRunes().Select((rune, i) => i == 0 ? rune.ToString() : prefix + rune)];
}
