using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>BLEU and chrF against the numbers in sacrebleu's own tests and README.</summary>
public class TranslationScoreTests
{
    private static readonly string[] s_translations = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];
    private static readonly string[][] s_references =
    [
        ["The dog bit the man.", "It was not unexpected.", "The man bit him first."],
        ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."],
    ];

    [Fact]
    public void Bleu_SacrebleusExample_ItsNumber() => Assert.Equal(48.530827, Bleu.Score(s_translations, s_references), 1e-6);

    [Fact]
    public void Bleu_OrderWithoutAMatch_IsSmoothed() =>
        Assert.Equal(39.13, Bleu.Score(["Hi world.", "This is a Test."], [["Hello world.", "This is a test."]]), 0.01);

    [Fact]
    public void Bleu_EmptyOrEqual_NothingOrAHundred()
    {
        Assert.Equal(0, Bleu.Score(["", "", ""], s_references));
        Assert.Equal(100, Bleu.Score(s_references[0], [s_references[0]]), 1e-9);
    }

    [Theory]
    [InlineData("It costs 1,000.50 dollars, or 3-4% (more).", "It costs 1,000.50 dollars , or 3 - 4 % ( more ) .")]
    [InlineData("don't &quot;stop&quot; e-mail.", "don't \" stop \" e-mail .")]
    public void Tokens_OfMteval13a_AreThese(string text, string expected) => Assert.Equal(expected, string.Join(' ', Bleu.Tokens(text)));

    [Theory]
    [InlineData("a", "a", 100)]
    [InlineData("", "reference", 0)]
    [InlineData("a b c", "abc", 100)]
    [InlineData("aa", "ab", 25)]
    public void Chrf_ShortTexts_SacrebleusNumbers(string translation, string reference, double expected) =>
        Assert.Equal(expected, Chrf.Score([translation], [reference], beta: 3), 1e-4);

    [Theory]
    [InlineData("Die Beziehung zwischen Obama und Netanjahu ist nicht gerade freundlich.",
        "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.", 67.3481606)]
    [InlineData("risk assessment must be made of those who are qualified and expertise in the sector - these are the scientists .",
        "risk assessment has to be undertaken by those who are qualified and expert in that area - that is the scientists .", 65.2414427)]
    public void Chrf_Sentences_SacrebleusNumbers(string translation, string reference, double expected) =>
        Assert.Equal(expected, Chrf.Score([translation], [reference], beta: 3, whiteSpace: true), 1e-4);

    [Fact]
    public void Chrf_TwoTexts_OneCorpus() => Assert.Equal(50, Chrf.Score(["a", "b"], ["a", "c"], beta: 3), 1e-4);

    [Fact]
    public void Scores_ListsOfDifferentLengths_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => Bleu.Score(["a"], [["a", "b"]]));
        Assert.Throws<ArgumentException>(() => Chrf.Score(["a"], []));
    }
}
