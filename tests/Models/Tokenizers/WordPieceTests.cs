using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public sealed class WordPieceTests
{
    private static readonly string[] Pieces =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "##ed", "un", "##a", "##ff", "##able", "!", "?", "'", "the",
        "cafe", "你", "好", "σ", "ς", "##ς", "##σ", "i", "##i", "the", "x", "##x", "😀", "$", "ab", "##c", "abcd",
    ];

    private static ITokenizer Tiny(WordPieceOptions? options = null) =>
        WordPiece.Create(Vocabulary.FromPieces(Pieces), options ?? new WordPieceOptions());

    private static string[] Cut(string text, WordPieceOptions? options = null) => Tiny(options).Encode(text, special: false).Pieces;

    /// <summary>As Rust's to_lowercase: letters that are marks (ʰ) are looked past before it is asked for a letter.</summary>
    [Theory]
    [InlineData("Σ", "σ")]
    [InlineData("AΣ", "aς")]
    [InlineData("A'Σ", "a'ς")]
    [InlineData("ʰΣ", "ʰσ")]
    [InlineData("AʰΣ", "aʰς")]
    [InlineData("AΣ'B", "aσ'b")]
    public void LowerCase_OfASigma_DependsOnTheLettersAround(string text, string expected) =>
        Assert.Equal(expected, LowerCase.Apply(AlignedText.Verbatim(text, new(0, text.Length)), finalSigma: true).Text);

    [Fact]
    public void Encode_KnownStem_IsFollowedByContinuation()
    {
        Encoding e = Tiny().Encode("Playing the unaffable!");

        Assert.Equal(["[CLS]", "play", "##ing", "the", "un", "##a", "##ff", "##able", "!", "[SEP]"], e.Pieces);
        Assert.Equal([2, 5, 6, 25, 8, 9, 10, 11, 12, 3], e.Ids);
        Assert.Equal(["", "Play", "ing", "the", "un", "a", "ff", "able", "!", ""], Enumerable.Range(0, e.Count).Select(e.Surface));
        Assert.Equal([-1, 0, 0, 1, 2, 2, 2, 2, 3, -1], e.WordIds);
        Assert.Equal([true, .. Enumerable.Repeat(false, 8), true], e.SpecialMask);
    }

    [Fact]
    public void Encode_LongestPieceLeadsNowhere_GivesUnknownAsBertDoes()
    {
        // "abcd" is a piece, "ab" too, but greedy search of "abcx" takes "ab", "##c" and then has "##x".
        Assert.Equal(["ab", "##c", "##x"], Cut("abcx"));
        Assert.Equal(["[UNK]"], Cut("abcdz"));
    }

    [Fact]
    public void Encode_Pair_PutsSecondTextInSegmentOne()
    {
        Encoding e = Tiny().Encode("the", "x!");

        Assert.Equal(["[CLS]", "the", "[SEP]", "x", "!", "[SEP]"], e.Pieces);
        Assert.Equal([0, 0, 0, 1, 1, 1], e.TypeIds);
        Assert.Equal([-1, 0, -1, 1, 1, -1], e.SequenceIds);
        Assert.Equal([-1, 0, -1, 0, 1, -1], e.WordIds);
        Assert.Equal(["", "the", "", "x", "!", ""], Enumerable.Range(0, e.Count).Select(e.Surface));
    }

    [Fact]
    public void Encode_AccentsInEitherForm_AreStrippedAndCovered()
    {
        Encoding composed = Tiny().Encode("x café", false), decomposed = Tiny().Encode("x cafe\u0301", false);

        Assert.Equal(["x", "cafe"], composed.Pieces);
        Assert.Equal(composed.Ids, decomposed.Ids);
        Assert.Equal(new TextSpan(2, 6), composed.Offsets[1]);
        Assert.Equal("cafe", decomposed.Surface(1));
    }

    [Fact]
    public void Encode_ControlCharacters_Vanish()
    {
        Encoding e = Tiny().Encode("\u0000p\u200Dl\uFFFDa\u0007y\tx\u00A0x\u2028x", false);

        Assert.Equal(["play", "x", "x", "x"], e.Pieces);
        Assert.Equal("p\u200Dl\uFFFDa\u0007y", e.Surface(0));
    }

    [Fact]
    public void Encode_Ideographs_AreWordsUnlessTurnedOff()
    {
        Assert.Equal(["你", "好", "x"], Cut("你好x"));
        Assert.Equal(["[UNK]"], Cut("你好x", new WordPieceOptions { SpaceCjk = false }));
    }

    [Theory]
    [InlineData("xΣ", "x", "##ς")]      // ends the word
    [InlineData("Σ")]                   // no cased letter before it
    [InlineData("xΣx", "x", "##σ", "##x")]
    [InlineData("xΣ'x", "x", "##σ", "'", "x")]   // an apostrophe does not end a word here
    public void Encode_CapitalSigma_IsLoweredAsPythonDoes(string text, params string[] expected) =>
        Assert.Equal(expected.Length == 0 ? ["σ"] : expected, Cut(text));

    [Fact]
    public void Encode_DottedCapitalI_LosesItsDot() => Assert.Equal(["i"], Cut("İ"));

    [Fact]
    public void Encode_CasedVocabulary_KeepsCaseAndAccents()
    {
        var cased = new WordPieceOptions { LowerCase = false };

        Assert.Equal(["[UNK]", "the"], Cut("The the", cased));
        Assert.Equal(["[UNK]"], Cut("café", cased));
        Assert.Equal(["cafe"], Cut("café", cased with { StripAccents = true }));
    }

    [Fact]
    public void Encode_WordOfMoreThan100CodePoints_IsUnknown()
    {
        Assert.Equal(100, Cut(new string('x', 100)).Length);
        Assert.Equal(["[UNK]"], Cut(new string('x', 101)));
        Assert.Equal(["[UNK]"], Cut(new string('x', 1_000_000)));
    }

    [Fact]
    public void Encode_SpecialTokenInText_IsTakenWhole()
    {
        Encoding e = Tiny().Encode("the [MASK]x", false);

        Assert.Equal(["the", "[MASK]", "x"], e.Pieces);
        Assert.Equal("[MASK]", e.Surface(1));
        Assert.False(e.SpecialMask[1]);
        Assert.Equal([0, 1, 2], e.WordIds);
    }

    [Fact]
    public void Encode_NothingToSay_GivesOnlySpecialTokens()
    {
        Assert.Equal([2, 3], Tiny().Encode("").Ids);
        Assert.Equal([2, 3], Tiny().Encode(" \t\u200B").Ids);
    }

    [Fact]
    public void CodePointOffsets_Emoji_CountsOnce()
    {
        Encoding e = Tiny().Encode("😀 the", false);

        Assert.Equal([new(0, 2), new(3, 6)], e.Offsets);
        Assert.Equal([new(0, 1), new(2, 5)], e.CodePointOffsets());
    }

    [Fact]
    public void Truncate_Pair_ShortensTheLongerTextFirst()
    {
        Encoding e = Tiny().Encode("x x x x", "the ! !").Truncate(7);

        Assert.Equal(["[CLS]", "x", "x", "[SEP]", "the", "!", "[SEP]"], e.Pieces);
        Assert.Throws<ArgumentOutOfRangeException>(() => e.Truncate(2));
    }

    [Fact]
    public void Decode_Sentence_PullsPunctuationBack()
    {
        ITokenizer tiny = Tiny();

        Assert.Equal("playing the x!", tiny.Decode(tiny.Encode("Playing the x!").Ids));
        Assert.Equal("[CLS] the [SEP]", tiny.Decode(tiny.Encode("the").Ids, skipSpecial: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Decode([999]));
    }

    [Fact]
    public void Explain_Word_ShowsEveryMatch()
    {
        TokenizerExplanation story = Tiny().Explain("Played [MASK]");

        Assert.Equal("played [MASK]", story.Normalized);
        Assert.Equal(["played", "[MASK]"], story.Words.Select(w => w.Word));
        Assert.Equal(
            [new TokenizerStep.Match("played", "play", 3), new TokenizerStep.Match("ed", "##ed", 1)], story.Words[0].Steps);
        Assert.Equal([new TokenizerStep.Literal("[MASK]")], story.Words[1].Steps);
    }

    [Fact]
    public void Create_VocabularyWithoutUnknown_SaysWhatIsMissing()
    {
        var e = Assert.Throws<TokenizerException>(() => WordPiece.Create(Vocabulary.FromPieces(["a", "b"]), new WordPieceOptions(),
            "vocab.txt"));

        Assert.Contains("[UNK]", e.Message, StringComparison.Ordinal);
    }
}
