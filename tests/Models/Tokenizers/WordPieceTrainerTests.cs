using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public class WordPieceTrainerTests
{
    private static readonly string[] s_texts = ["low low low lower lowest", "newest newest widest"];

    /// <summary>
    /// By hand: ##o##w and l##o occur 5 times, and '#' comes before 'l'; then low; then ##e##s and ##s##t 4 times, then ##est;
    /// of those left, newest's pairs occur twice.
    /// </summary>
    [Fact]
    public void Train_CountedByHand_JoinsTheMostFrequentPairFirst()
    {
        Vocabulary vocabulary = WordPieceTrainer.Train(s_texts, size: 1000);

        string[] joined = [.. Pieces(vocabulary).SkipWhile(p => p != "##ow").Take(7)];
        Assert.Equal(["##ow", "low", "##es", "##est", "##ew", "##ewest", "newest"], joined);
    }

    [Fact]
    public void Train_Size_IsKept()
    {
        Vocabulary vocabulary = WordPieceTrainer.Train(s_texts, size: 20);

        Assert.Equal(20, vocabulary.Count);
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##d", "##e"], Pieces(vocabulary).Take(7));
    }

    [Fact]
    public void Train_EveryTrainingWord_IsSpelledWithoutUnknowns()
    {
        string[] texts = [.. s_texts, "Crème brûlée, 漢字!"];

        ITokenizer tokenizer = WordPiece.Create(WordPieceTrainer.Train(texts, size: 60), new WordPieceOptions());

        foreach (string text in texts)
        {
            Assert.DoesNotContain(tokenizer.Special.Unk!.Value, tokenizer.Encode(text).Ids);
        }
    }

    [Fact]
    public void Train_LeastCount_StopsAtRarerPairs()
    {
        Vocabulary vocabulary = WordPieceTrainer.Train(s_texts, size: 1000, leastCount: 4);

        Assert.Equal(["##ow", "low", "##es", "##est"], Pieces(vocabulary).SkipWhile(p => p != "##ow"));
    }

    [Fact]
    public void Train_LinesInAnotherOrder_GivesTheSame()
    {
        string[] lines = [.. Enumerable.Range(0, 300).Select(i => $"word{i * 37 % 101} and {i * i % 89} others")];

        Vocabulary forward = WordPieceTrainer.Train(lines, size: 150), backward = WordPieceTrainer.Train(lines.Reverse(), size: 150);

        Assert.Equal(Pieces(forward), Pieces(backward));
    }

    [Fact]
    public void Train_RandomText_MatchesCountingAnew()
    {
        var random = new Random(23);
        string[] words = [.. Enumerable.Range(0, 200)
            .Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => "abc"[random.Next(3)])))];

        Assert.Equal(CountAnew(words, size: 60), Pieces(WordPieceTrainer.Train(words, size: 60)));
    }

    /// <summary>The definition, without any bookkeeping: count all pairs, join the most frequent, start again.</summary>
    private static List<string> CountAnew(string[] words, int size)
    {
        List<List<string>> cut = [.. words.Select(w => w.Select((c, i) => i == 0 ? $"{c}" : $"##{c}").ToList())];
        List<string> pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
            .. cut.SelectMany(c => c).Distinct().Order(StringComparer.Ordinal)];
        while (pieces.Count < size)
        {
            (string left, string right) = cut.SelectMany(c => c.Zip(c.Skip(1))).GroupBy(p => p).OrderByDescending(g => g.Count())
                .ThenBy(g => g.Key.First, StringComparer.Ordinal).ThenBy(g => g.Key.Second, StringComparer.Ordinal).First().Key;
            foreach (List<string> c in cut)
            {
                for (int i = 0; i + 1 < c.Count; i++)
                {
                    if (c[i] == left && c[i + 1] == right)
                    {
                        c[i] += right[2..];
                        c.RemoveAt(i + 1);
                    }
                }
            }

            string joined = left + right[2..];
            pieces.AddRange(pieces.Contains(joined) ? [] : [joined]);
        }

        return pieces;
    }

    [Fact]
    public void Train_WordTooLongForTheTokenizer_TeachesNothing() =>
        Assert.Equal(["a"], Pieces(WordPieceTrainer.Train(["a " + new string('q', 1_000_000)], size: 100)).Skip(5));

    [Fact]
    public void Train_MoreCharactersThanSize_Throws() =>
        Assert.Contains("expected at least", Assert.Throws<TokenizerException>(() => WordPieceTrainer.Train(s_texts, size: 10)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void WholeWords_RareWord_IsUnknown()
    {
        ITokenizer tokenizer = WordPiece.Create(WordPieceTrainer.WholeWords(s_texts, leastCount: 2), new WordPieceOptions());

        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "low", "newest"], Pieces(tokenizer.Vocabulary));
        Assert.Equal(["newest", "[UNK]", "low"], tokenizer.Encode("newest lower low", special: false).Pieces);
    }

    private static IEnumerable<string> Pieces(Vocabulary vocabulary) => Enumerable.Range(0, vocabulary.Count).Select(vocabulary.PieceOf);
}
