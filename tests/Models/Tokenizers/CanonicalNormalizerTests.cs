using System.Text;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>Our table against the platform's (ICU), which the tests may use and the command line may not.</summary>
public sealed class CanonicalNormalizerTests
{
    private static string Nfd(string text) => CanonicalNormalizer.Decompose(Whole(text)).Text;

    private static string Nfc(string text) => CanonicalNormalizer.Compose(Whole(text)).Text;

    private static AlignedText Whole(string text) => AlignedText.Verbatim(text, new TextSpan(0, text.Length));

    [Fact]
    public void Normalize_EveryCodePoint_MatchesThePlatform()
    {
        RequireIcu();

        // Joined by a letter that takes part in nothing, a thousand at a time.
        IEnumerable<string> texts = Enumerable.Range(0, 0x110000).Where(c => (c is < 0xD800 or > 0xDFFF) && (c & 0xFFFE) != 0xFFFE)
            .Select(char.ConvertFromUtf32).Chunk(1000).Select(chunk => string.Join('ꀀ', chunk));
        IEnumerable<string> differing = texts.Where(s => Nfd(s) != s.Normalize(NormalizationForm.FormD)
            || Nfc(s) != s.Normalize(NormalizationForm.FormC));

        Assert.Empty(differing);
    }

    [Fact]
    public void Normalize_RandomMarksOnRandomBases_MatchesThePlatform()
    {
        RequireIcu();
        int[] alphabet =
        [
            'a', 'e', 'ǭ', 'Å', 'ệ', 'ﬁ', 'Ω', 0x300, 0x301, 0x302, 0x308, 0x323, 0x327, 0x328, 0x345, 0x5B0, 0x5BC, 0x64B, 0x651,
            0x93C, 0x915, 0x958, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0x1161, 0x11A7, 0x302E, 0xF900, 0x1D15E, 0x1D165, 0x16D63, 0x110BA,
        ];
        var random = new Random(7);

        for (int i = 0; i < 20_000; i++)
        {
            string s = string.Concat(Enumerable.Range(0, random.Next(1, 9))
                .Select(_ => char.ConvertFromUtf32(alphabet[random.Next(alphabet.Length)])));

            Assert.Equal(s.Normalize(NormalizationForm.FormD), Nfd(s));
            Assert.Equal(s.Normalize(NormalizationForm.FormC), Nfc(s));
        }
    }

    [Fact]
    public void Decompose_Accent_PointsAtTheCharacterItCameFrom()
    {
        AlignedText text = CanonicalNormalizer.Decompose(Whole("aé한"));

        Assert.Equal("ae\u0301\u1112\u1161\u11AB", text.Text);
        Assert.Equal(new TextSpan(1, 2), text.Origin(1));
        Assert.Equal(new TextSpan(1, 2), text.Origin(2));
        Assert.Equal(new TextSpan(2, 3), text.Origin(3, 6));
    }

    [Fact]
    public void Decompose_MillionMarksOutOfOrder_DoesNotHang()
    {
        string text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 500_000));

        string result = Nfd(text);

        Assert.Equal('\u0323', result[1]);
        Assert.Equal('\u0301', result[^1]);
    }

    [Fact]
    public void Normalize_LoneSurrogate_StaysItself() => Assert.Equal("\uD800e\u0301", Nfd("\uD800é"));

    private static void RequireIcu() =>
        Assert.SkipUnless("é".Normalize(NormalizationForm.FormD).Length == 2, "the platform's normalisation is switched off here");
}
