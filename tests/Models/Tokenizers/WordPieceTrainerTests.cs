using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

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
    public void Train_MoreCharactersThanSize_Throws() =>
        Assert.Contains("expected at least", Assert.Throws<TokenizerException>(() => WordPieceTrainer.Train(s_texts, size: 10)).Message, StringComparison.Ordinal);

    [Fact]
    public void WholeWords_RareWord_IsUnknown()
    {
        ITokenizer tokenizer = WordPiece.Create(WordPieceTrainer.WholeWords(s_texts, leastCount: 2), new WordPieceOptions());

        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "low", "newest"], Pieces(tokenizer.Vocabulary));
        Assert.Equal(["newest", "[UNK]", "low"], tokenizer.Encode("newest lower low", special: false).Pieces);
    }

    private static IEnumerable<string> Pieces(Vocabulary vocabulary) => Enumerable.Range(0, vocabulary.Count).Select(vocabulary.PieceOf);
}
