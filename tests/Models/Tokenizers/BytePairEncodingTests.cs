using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public sealed class BytePairEncodingTests
{
    private static readonly ITokenizer Tiny = TinyGpt2.Load();

    [Fact]
    public void Encode_Words_MergesEarliestFirst()
    {
        Encoding e = Tiny.Encode("the other thing");

        Assert.Equal(["the", "Ġ", "o", "the", "r", "Ġth", "ing"], e.Pieces);
        Assert.Equal([0, 1, 1, 1, 1, 2, 2], e.WordIds);
        Assert.Equal(["the", " ", "o", "the", "r", " th", "ing"], Enumerable.Range(0, e.Count).Select(e.Surface));
        Assert.DoesNotContain(true, e.SpecialMask);
    }

    [Fact]
    public void Encode_OverlappingPairs_JoinFromTheLeft() => Assert.Equal(["aaaa", "aa", "a"], Tiny.Encode("aaaaaaa").Pieces);

    [Fact]
    public void Encode_BytesOfOneCharacter_ShareItsOffsets()
    {
        Encoding e = Tiny.Encode("a😀é");   // F0 9F 98 80, C3 A9

        Assert.Equal(["a", "ðŁĺ", "Ģ", "Ã", "©"], e.Pieces);
        Assert.Equal([new(0, 1), new(1, 3), new(1, 3), new(3, 4), new(3, 4)], e.Offsets);
        Assert.Equal([new(0, 1), new(1, 2), new(1, 2), new(2, 3), new(2, 3)], e.CodePointOffsets());
    }

    [Fact]
    public void Encode_EndOfTextInText_IsOneToken()
    {
        Encoding e = Tiny.Encode("a<|endoftext|> the");

        Assert.Equal(["a", "<|endoftext|>", "Ġthe"], e.Pieces);
        Assert.Equal(Tiny.Special.Eos, e.Ids[1]);
        Assert.Equal("a the", Tiny.Decode(e.Ids));
        Assert.Equal("a<|endoftext|> the", Tiny.Decode(e.Ids, skipSpecial: false));
    }

    [Fact]
    public void Encode_PrefixSpace_IsNoPartOfTheText()
    {
        ITokenizer tokenizer = TinyGpt2.Load("""{"add_prefix_space": true}""");

        Encoding e = tokenizer.Encode("the x");

        Assert.Equal(["Ġthe", "Ġ", "x"], e.Pieces);
        Assert.Equal([new(0, 3), new(3, 4), new(4, 5)], e.Offsets);
        Assert.Equal(["Ġthe"], tokenizer.Encode(" the").Pieces);
    }

    [Fact]
    public void Encode_BeginToken_StandsBeforeEachText()
    {
        ITokenizer tokenizer = TinyGpt2.Load("""{"add_bos_token": true, "pad_token": {"content": "<|endoftext|>"}}""");

        Assert.Equal(["<|endoftext|>", "a", "<|endoftext|>", "x"], tokenizer.Encode("a", "x").Pieces);
        Assert.Equal([true, false, true, false], tokenizer.Encode("a", "x").SpecialMask);
        Assert.Equal(["a"], tokenizer.Encode("a", special: false).Pieces);
        Assert.Equal(tokenizer.Special.Eos, tokenizer.Special.Pad);
    }

    [Fact]
    public void Decode_AnyText_RoundTrips()
    {
        var random = new Random(11);

        for (int i = 0; i < 3000; i++)
        {
            string text = RandomText(random);
            Encoding e = Tiny.Encode(text, special: false);

            Assert.Equal(text, Tiny.Decode(e.Ids, skipSpecial: false));
            Assert.All(e.Offsets.Zip(e.Offsets.Skip(1)), p => Assert.True(p.First.Start <= p.Second.Start && p.First.End <= p.Second.End));
        }
    }

    [Fact]
    public void Decode_LoneSurrogate_BecomesReplacementCharacter()
    {
        Encoding e = Tiny.Encode("a\uD83Dx\uDE00");

        Assert.Equal("a\uFFFDx\uFFFD", Tiny.Decode(e.Ids));
        Assert.Equal([new(0, 1), new(1, 2), new(1, 2), new(1, 2), new(2, 3), new(3, 4), new(3, 4), new(3, 4)], e.Offsets);
    }

    [Fact]
    public void Decode_HalfACharacter_BecomesReplacementCharacter() =>
        Assert.Equal("a\uFFFD", Tiny.Decode(Tiny.Encode("aé").Ids.AsSpan(0, 2).ToArray()));

    [Fact]
    public void Encode_MillionCharacterWord_Finishes()
    {
        string text = new('a', 1_000_000);

        Encoding e = Tiny.Encode(text);

        Assert.Equal(250_000, e.Count);
        Assert.Equal(new TextSpan(999_996, 1_000_000), e.Offsets[^1]);
    }

    [Fact]
    public void Explain_Word_ListsMergesInOrder()
    {
        TokenizerExplanation story = Tiny.Explain("thing");

        ExplainedWord word = Assert.Single(story.Words);
        TokenizerStep.Merge[] merges = [.. word.Steps.Cast<TokenizerStep.Merge>()];
        Assert.Equal([0, 4, 5], merges.Select(m => m.Rank));
        Assert.Equal(["th i n g", "th in g", "th ing"], merges.Select(m => string.Join(' ', m.Pieces)));
        Assert.Equal(["th", "ing"], word.Pieces);
    }

    [Fact]
    public void Load_MergeOfUnknownPiece_SaysWhich()
    {
        using var folder = new TinyFolder(("vocab.json", TinyGpt2.VocabularyJson()), ("merges.txt", "#version: 0.2\nq z\n"));

        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Path));

        Assert.Contains("'qz' at rank 0", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_ByteWithoutPiece_SaysWhich()
    {
        using var folder = new TinyFolder(("vocab.json", """{"a": 0, "b": 1, "ab": 2}"""), ("merges.txt", "a b\n"));
        ITokenizer tokenizer = TokenizerLoader.Load(folder.Path);

        Assert.Equal(["ab", "a"], tokenizer.Encode("aba").Pieces);
        Assert.Contains("U+0020", Assert.Throws<TokenizerException>(() => tokenizer.Encode("a b")).Message, StringComparison.Ordinal);
    }

    /// <summary>Any assigned or unassigned characters: controls, marks, pairs, private use.</summary>
    internal static string RandomText(Random random)
    {
        int[] limits = [0x20, 0x80, 0x250, 0x370, 0x3000, 0xD800, 0x110000];
        return string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ =>
        {
            int code = random.Next(limits[random.Next(limits.Length)]);
            return char.ConvertFromUtf32(code is >= 0xD800 and < 0xE000 ? ' ' : code);
        }));
    }
}
