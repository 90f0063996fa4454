using System.Text.Json;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>Tokenizations recorded from the reference implementations, over real vocabularies.</summary>
public sealed class TokenizerCasesTests
{
    [Fact]
    public void WordPiece_BertBaseUncased_MatchesEveryCase()
    {
        ITokenizer bert = TokenizerLoader.Load(DataFolder.Find("bert-base-uncased"));
        JsonElement cases = Cases("wordpiece-bert-base-uncased.json").GetProperty("cases");

        foreach (JsonElement c in cases.EnumerateArray())
        {
            string text = c.GetProperty("text").GetString()!;
            Encoding e = bert.Encode(text, special: false);

            Assert.Equal(Strings(c, "pieces"), e.Pieces);
            Assert.Equal(c.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()), e.Ids);
            Assert.Equal(Strings(c, "basic"), bert.Explain(text).Words.Select(w => w.Word));
        }

        Assert.True(cases.GetArrayLength() > 0);
    }

    [Theory]
    [InlineData("source_cases")]
    [InlineData("target_cases")]
    public void Marian_ChineseToEnglish_MatchesEveryCase(string side)
    {
        var marian = (MarianTokenizer)TokenizerLoader.Load(DataFolder.Find("opus-mt-zh-en"));
        ITokenizer tokenizer = side == "source_cases" ? marian.Source : marian.Target;
        JsonElement cases = Cases("sentencepiece-opus-mt-zh-en.json").GetProperty(side);

        foreach (JsonElement c in cases.EnumerateArray())
        {
            Encoding e = tokenizer.Encode(c.GetProperty("text").GetString()!);

            Assert.Equal(Strings(c, "pieces"), e.Pieces[..^1]);
            Assert.Equal(c.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()), e.Ids);
        }

        Assert.True(cases.GetArrayLength() > 0);
    }

    private static JsonElement Cases(string file) =>
        JsonDocument.Parse(File.ReadAllBytes(DataFolder.Find($"tokenizer-cases/{file}"))).RootElement;

    private static IEnumerable<string?> Strings(JsonElement c, string name) =>
        c.GetProperty(name).EnumerateArray().Select(p => p.GetString());
}
