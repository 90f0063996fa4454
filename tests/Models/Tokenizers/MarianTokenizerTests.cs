using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public sealed class MarianTokenizerTests
{
    private static readonly string[] Vocabulary = ["▁", "▁the", "the", "▁t", "he", "▁cat", "s", "猫", ">>fra<<", "ö", "a", "aa"];

    private static MarianTokenizer Load(TinySentencePiece? model = null, string[]? vocabulary = null)
    {
        using TinyFolder folder = (model ?? TinySentencePiece.Standard).Folder(vocabulary ?? Vocabulary);
        var marian = (MarianTokenizer)TokenizerLoader.Load(folder.Path);
        Assert.NotNull(marian.Target);   // opened while the folder exists
        return marian;
    }

    private static string[] Cut(string text, TinySentencePiece? model = null) => Load(model).Encode(text, special: false).Pieces;

    [Fact]
    public void Encode_Words_TakesTheMostProbableCut()
    {
        Encoding e = Load().Encode("the cats");

        Assert.Equal(["▁the", "▁cat", "s", "</s>"], e.Pieces);
        Assert.Equal(["the", " cat", "s", ""], Enumerable.Range(0, e.Count).Select(e.Surface));
        Assert.Equal([0, 1, 1, -1], e.WordIds);
        Assert.Equal([false, false, false, true], e.SpecialMask);
        Assert.Equal(0, e.Ids[^1]);
    }

    [Fact]
    public void Encode_ViterbiAgainstEveryCut_FindsTheBest()
    {
        string[] pieces = ["a", "b", "ab", "ba", "aba", "bb", "abb"];
        float[] scores = [-2, -2.5f, -3.25f, -4.75f, -5.5f, -4, -6];
        var model = new TinySentencePiece().Normalizer([], dummyPrefix: false);
        foreach ((string piece, float score) in pieces.Zip(scores))
        {
            model.Piece(piece, score);
        }

        MarianTokenizer marian = Load(model);
        double best(string text) => text.Length == 0 ? 0 : pieces.Zip(scores).Where(p => text.StartsWith(p.First, StringComparison.Ordinal))
            .Max(p => p.Second + best(text[p.First.Length..]));

        for (int n = 0; n < 512; n++)
        {
            string text = Convert.ToString(n, 2).Replace('0', 'a').Replace('1', 'b');
            Encoding e = marian.Encode(text, special: false);
            double score = Enumerable.Range(0, e.Count).Sum(i => (double)scores[Array.IndexOf(pieces, e.Surface(i))]);

            Assert.Equal(best(text), score, 1e-4);
        }
    }

    [Fact]
    public void Encode_UnknownCharacters_BecomeOnePiece()
    {
        Encoding e = Load().Encode("thexyz猫");

        Assert.Equal(["▁the", "<unk>", "猫", "</s>"], e.Pieces);
        Assert.Equal(1, e.Ids[1]);
        Assert.Equal("xyz", e.Surface(1));
    }

    [Fact]
    public void Encode_PieceOnlyTheVocabularyKnows_HasItsId() => Assert.Equal(11, Load().Encode("theö").Ids[1]);

    [Fact]
    public void Encode_LanguageCode_IsOneToken()
    {
        Encoding known = Load().Encode(">>fra<< the"), unknown = Load().Encode(">>xyz<<the");

        Assert.Equal([">>fra<<", "▁the", "</s>"], known.Pieces);
        Assert.Equal([10, 3, 0], known.Ids);
        Assert.Equal([new(0, 7), new(8, 11), default], known.Offsets);
        Assert.Equal([1, 3, 0], unknown.Ids);
        Assert.DoesNotContain(">>fra<<", Cut("the >>fra<<"));
    }

    [Fact]
    public void Encode_Spaces_CollapseAndStayOutOfOffsets()
    {
        Encoding e = Load().Encode("  the   cats ");

        Assert.Equal(["▁the", "▁cat", "s", "</s>"], e.Pieces);
        Assert.Equal([new(2, 5), new(5, 11), new(11, 12), default], e.Offsets);
        Assert.Equal([0], Load().Encode("   ").Ids);
        Assert.Equal([0], Load().Encode("").Ids);
    }

    [Fact]
    public void Encode_Rules_ApplyLongestFirstAndKeepOrigins()
    {
        var rules = new Dictionary<string, string> { ["T"] = "t", ["TH"] = "th", ["①"] = "the", ["\u00AD"] = "", ["\u3000"] = " " };
        MarianTokenizer marian = Load(TinySentencePiece.Standard.Normalizer(rules));

        Encoding e = marian.Encode("T\u00ADHe\u3000①s", special: false);

        Assert.Equal("▁tHe▁thes", marian.Explain("T\u00ADHe\u3000①s").Normalized);
        Assert.Equal(["▁t", "<unk>", "<unk>", "▁the", "s"], e.Pieces);
        Assert.Equal([new(0, 2), new(2, 3), new(3, 4), new(4, 6), new(6, 7)], e.Offsets);
    }

    [Fact]
    public void Encode_NormalizerFlags_AreObeyed()
    {
        TinySentencePiece model = TinySentencePiece.Standard.Normalizer([], dummyPrefix: false, removeExtra: false);

        Assert.Equal(["the", "▁", "▁cat", "▁"], Cut("the  cat ", model));
    }

    [Fact]
    public void Encode_UserDefinedPiece_IsNeverSplit() =>
        Assert.Equal(["▁", "<unk>", "▁the"],
            Cut("ⒶB the", TinySentencePiece.Standard.Piece("ⒶB", 0, 4).Normalizer(new() { ["Ⓐ"] = "the" })));

    [Fact]
    public void Encode_ByteFallback_SpellsUnknownCharacters()
    {
        TinySentencePiece model = TinySentencePiece.Standard.Piece("<0xC3>", 0, 6).Piece("<0xBC>", 0, 6).Trainer(35, 1);
        MarianTokenizer marian = Load(model, ["▁the", "<0xC3>", "<0xBC>"]);

        Encoding e = marian.Encode("theü", special: false);

        Assert.Equal(["▁the", "<0xC3>", "<0xBC>"], e.Pieces);
        Assert.Equal([new(0, 3), new(3, 3), new(3, 4)], e.Offsets); // the last byte carries the character, as in SentencePiece
        Assert.Equal("theü", marian.Decode(e.Ids));
    }

    [Fact]
    public void Encode_LoneSurrogate_IsUnknown() => Assert.Equal(["▁the", "<unk>"], Cut("the\uD800"));

    [Fact]
    public void Encode_MillionCharacterWord_Finishes() => Assert.Equal(500_001, Load().Encode(new string('a', 1_000_000)).Count - 1);

    [Fact]
    public void Decode_Pieces_AreWordsAgain()
    {
        MarianTokenizer marian = Load();

        Assert.Equal("the cats", marian.Decode(marian.Encode(" the cats").Ids));
        Assert.Equal("the</s>", marian.Decode(marian.Target.Encode("the").Ids, skipSpecial: false));
    }

    [Fact]
    public void Explain_Lattice_MarksTheBestPath()
    {
        ExplainedWord word = Assert.Single(Load().Explain("the").Words);
        TokenizerStep.Edge[] edges = [.. word.Steps.Cast<TokenizerStep.Edge>()];

        Assert.Equal("▁the", word.Word);
        TokenizerStep.Edge winner = Assert.Single(edges, e => e.OnBestPath);
        Assert.Equal(new TokenizerStep.Edge("▁the", 0, 4, -3, -3, true), winner);
        Assert.Contains(new TokenizerStep.Edge("the", 1, 4, -4, -6, false), edges);
    }

    [Theory]
    [InlineData(3, 3, "unsupported model type")]
    [InlineData(24, 1, "treat_whitespace_as_suffix")]
    public void Read_UnsupportedModel_SaysWhat(int field, int value, string expected)
    {
        using TinyFolder folder = TinySentencePiece.Standard.Trainer(field, value).Folder(Vocabulary);

        Assert.Contains(expected, Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DamagedFile_ThrowsOrLoads()
    {
        byte[] whole = TinySentencePiece.Standard.Normalizer(new() { ["a"] = "b", ["ab"] = "猫" }).ToArray();
        using var folder = new TinyFolder();
        string path = Path.Combine(folder.Path, "m.spm");
        var random = new Random(5);

        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = [.. whole.Take(random.Next(2) == 0 ? whole.Length : random.Next(whole.Length))];
            for (int k = random.Next(4); k > 0 && damaged.Length > 0; k--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, damaged);
            Exception? e = Record.Exception(() => new SentencePieceNormalizer(SentencePieceModel.Read(path)).Normalize(
                AlignedText.Verbatim("abba", new(0, 4))));

            Assert.True(e is null or TokenizerException, e?.ToString());
        }
    }

    [Fact]
    public void Load_HalfAFolder_NamesTheMissingFile()
    {
        using TinyFolder folder = TinySentencePiece.Standard.Folder(Vocabulary);
        File.Delete(Path.Combine(folder.Path, "target.spm"));

        Assert.Contains("without target.spm", Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }
}
