using CsCheck;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Properties;

/// <summary>Offsets of the shipped tokenizers, on texts of any characters.</summary>
public sealed class TokenizerProperties
{
    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.Char['a', 'z'], Gen.Char[" .,'\n\t"], Gen.Char['\u0001', '\u024f'], Gen.Char['\u0300', '\u0310'], Gen.Char['\u4e00', '\u4e80'],
        Gen.Char["\ud83d\ude00\ud83d\udc68\u200d"]).Array[0, 20].Select(characters => new string(characters));

    [Theory]
    [InlineData("sentiment")]
    [InlineData("stories")]
    [InlineData("shakespeare")]
    [InlineData("zh-en")]
    public void Encode_AnyText_OffsetsLieInItAndFollowOneAnother(string model)
    {
        ITokenizer tokenizer = TokenizerLoader.Load(Path.Combine(GoldenFolder.SourceTree(), "models", model));

        s_text.Sample(
            text =>
            {
                Encoding encoded = tokenizer.Encode(text, special: false);
                TextSpan[] spans = [.. encoded.Offsets.Where(span => !span.IsEmpty)];

                Assert.All(encoded.Offsets, span => Assert.True(span.Start >= 0 && span.Start <= span.End && span.End <= text.Length));
                Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.True(pair.First.Start <= pair.Second.Start
                    && (pair.First == pair.Second || pair.First.End <= pair.Second.Start)));
                Assert.All(encoded.Ids, id => Assert.InRange(id, 0, tokenizer.Vocabulary.Count - 1));
                Assert.Equal(encoded.Ids, tokenizer.Encode(text).Ids.Where((_, i) => !tokenizer.Encode(text).SpecialMask[i]));
            }, iter: 200, threads: 1);
    }

    [Theory]
    [InlineData("stories")]
    [InlineData("shakespeare")]
    public void Decode_OfEncodedBytes_IsTheText(string model)
    {
        ITokenizer tokenizer = TokenizerLoader.Load(Path.Combine(GoldenFolder.SourceTree(), "models", model));

        s_text.Where(text => text.All(c => !char.IsSurrogate(c))).Sample(
            text => Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, special: false).Ids)), iter: 200, threads: 1);
    }
}
