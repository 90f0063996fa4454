using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public class BytePairTrainerTests
{
    private const string Corpus = """
        It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness; don't we'll they're 1775 1775 177
        aaaaaaa aaaa aaaaa bababab ababa — Grüße, 世界 世界! 🙂🙂  two  spaces
        she sells sea shells by the sea shore; the shells she sells are sea shells, I'm sure
        """;

    [Theory]
    [InlineData(300, 1)]
    [InlineData(400, 2)]
    [InlineData(2000, 2)]
    public void Train_AgainstTheNaiveAlgorithm_SameMerges(int size, int leastCount)
    {
        BytePairVocabulary learned = BytePairTrainer.Train([Corpus], size, leastCount);

        Assert.Equal(Naive(size, leastCount), learned.Merges);
        Assert.True(learned.Pieces.Count <= size);
        Assert.Equal(BytePairVocabulary.EndOfText, learned.Pieces[^1]);
    }

    [Fact]
    public void Train_Shakespeare_SameMergesAsTheNaiveAlgorithm()
    {
        string text = File.ReadAllText(DataFolder.Find("shakespeare/input.txt"))[..30_000];

        Assert.Equal(Naive(320, 2, text), BytePairTrainer.Train([text], 320).Merges);
    }

    [Fact]
    public void Write_ThenLoad_EveryTextComesBackInLearntPieces()
    {
        using var folder = new TempFolder();
        BytePairTrainer.Train([Corpus], 400).Write(folder.Path);

        ITokenizer tokenizer = TokenizerLoader.Load(folder.Path);

        Assert.Equal(Corpus, tokenizer.Decode(tokenizer.Encode(Corpus).Ids));
        Assert.Equal(["Ġsells", "Ġsea", "Ġ", "Ġ", "\""], tokenizer.Encode(" sells sea  \"").Pieces);
        Assert.Equal(tokenizer.Vocabulary.Count - 1, tokenizer.Special.Eos);
    }

    [Fact]
    public void Train_SizeWithoutRoomForBytes_IsRefused()
    {
        TokenizerException error = Assert.Throws<TokenizerException>(() => BytePairTrainer.Train([Corpus], 256));

        Assert.Contains("257", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Sennrich et al. 2016, algorithm 1, as it stands: count all pairs of all words again for every merge.</summary>
    private static List<BytePairMerge> Naive(int size, int leastCount, string text = Corpus)
    {
        List<(List<string> Pieces, int Count)> words =
            [.. BytePairTrainer.CountWords([text]).Select(w => (w.Key.Select(c => c.ToString()).ToList(), w.Value))];
        var pieces = new HashSet<string>(words.SelectMany(w => w.Pieces));
        List<BytePairMerge> merges = [];
        int learned = 0;
        while (256 + learned + 1 < size)
        {
            var counts = new Dictionary<BytePairMerge, int>();
            foreach ((List<string> word, int count) in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    counts[new(word[i], word[i + 1])] = counts.GetValueOrDefault(new(word[i], word[i + 1])) + count;
                }
            }
            if (counts.Count == 0 || counts.Values.Max() < leastCount)
            {
                break;
            }
            int most = counts.Values.Max();
            BytePairMerge best = counts.Where(c => c.Value == most).Select(c => c.Key)
                .OrderBy(p => p.Left, StringComparer.Ordinal).ThenBy(p => p.Right, StringComparer.Ordinal).First();
            merges.Add(best);
            learned += pieces.Add(best.Left + best.Right) ? 1 : 0;
            foreach ((List<string> word, _) in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] == best.Left && word[i + 1] == best.Right)
                    {
                        word[i] = best.Left + best.Right;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }
        return merges;
    }
}
