using System.Globalization;
using System.Text.Json;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public sealed class TokenizerJsonTests
{
    private const string Bert = """
        {
          "truncation": {"max_length": 2}, "padding": null,
          "added_tokens": [
            {"id": 0, "content": "[UNK]", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false},
            {"id": 1, "content": "[CLS]", "special": true}, {"id": 2, "content": "[SEP]", "special": true},
            {"id": 3, "content": "[MASK]", "special": true, "lstrip": true},
            {"id": 9, "content": "Café", "special": false, "normalized": true, "single_word": true}],
          "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
          "pre_tokenizer": {"type": "BertPreTokenizer"},
          "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}, "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}},
          "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
          "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 5,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3, "x": 4, "##y": 5, "σ": 6, "##σ": 7, "cafe": 8}}
        }
        """;

    private static string Gpt2(string postProcessor = "null", string preTokenizer = """{"type": "ByteLevel", "add_prefix_space": false}""",
        string more = "") =>
        string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "added_tokens": [{"id": {{256 + TinyGpt2.Merges.Length}}, "content": "<|endoftext|>", "special": true, "normalized": true}],
          "normalizer": null, "pre_tokenizer": {{preTokenizer}}, "post_processor": {{postProcessor}}, "decoder": {"type": "ByteLevel"},
          "model": {"type": "BPE", "unk_token": null, "continuing_subword_prefix": "", {{more}}
            "vocab": {{TinyGpt2.VocabularyJson()}}, "merges": {{JsonSerializer.Serialize(TinyGpt2.Merges)}}}
        }
        """);

    [Fact]
    public void ModelFolder_WithNothingElse_HasItsTokenizer() // as transformers 5 saves one
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "bert");
        File.WriteAllText(folder.File("tokenizer.json"), Bert);

        Assert.Equal([1, 4, 2], ModelLoader.Load(folder.Path).Tokenizer!.Encode("x").Ids);

        File.WriteAllText(folder.File("tokenizer.json"),
            Bert.Replace("\"BertPreTokenizer\"", "\"UnicodeScripts\"", StringComparison.Ordinal));

        Assert.Null(ModelLoader.Load(folder.Path).Tokenizer); // not one of ours: ids will do
        Assert.True(TokenizerLoader.IsIn(folder.Path));
    }

    [Theory]
    [InlineData(0, 1, "σxσ")]
    [InlineData(1, 0, "σxσ")]
    [InlineData(0, 0, "xσxσ")]
    [InlineData(9, 9, "σxσ")]
    public void Decode_Strip_TakesSoManyFromTheEndsOfEachPiece(int start, int stop, string expected)
    {
        string strip = string.Create(CultureInfo.InvariantCulture,
            $$"""{"type": "Strip", "content": "x", "start": {{start}}, "stop": {{stop}}}""");
        string json = Bert.Replace("\"σ\": 6", "\"σxσ\": 6", StringComparison.Ordinal)
            .Replace("""{"type": "WordPiece", "prefix": "##", "cleanup": true}""", strip, StringComparison.Ordinal);

        Assert.Equal(expected, Load(json).Decode([4, 6]));
    }

    [Fact]
    public void Encode_TheConfigurationNamesAnotherUnknownToken_StillSaysWhatWasLost()
    {
        using var folder = new TinyFolder(("tokenizer.json", Bert), ("tokenizer_config.json", "{\"unk_token\": \"[SEP]\"}"));

        Encoding encoding = TokenizerLoader.Load(folder.Path).Encode("zzz");

        Assert.Equal("[UNK]", encoding.Pieces[1]);
        Assert.Contains("'zzz'", Assert.Single(encoding.Notices), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ab12 c", 0, 6, 2, 4)]
    [InlineData("ab12 c", 3, 6, 3, 4)]
    [InlineData("😀é12", 2, 5, 3, 5)]
    public void TryFind_APattern_TellsWhereItStands(string text, int from, int end, int start, int stop)
    {
        ITextPattern pattern = RegexPattern.Parse(@"\d+", "test", out _)!;

        Assert.True(pattern.TryFind(text, from, end, out TextSpan found));

        Assert.Equal(new TextSpan(start, stop), found);
    }

    private static ITokenizer Load(string json)
    {
        using var folder = new TinyFolder(("tokenizer.json", json));
        return TokenizerLoader.Load(folder.Path);
    }

    [Fact]
    public void WordPiece_AsDescribed_Encodes()
    {
        ITokenizer tokenizer = Load(Bert);

        Assert.Equal(["[CLS]", "x", "##y", "[MASK]", "[UNK]", "[SEP]"], tokenizer.Encode("XY  [MASK] xyyyyy").Pieces);
        Assert.Equal("  [MASK]", tokenizer.Encode("XY  [MASK] x").Surface(3));
        Assert.Equal(["[CLS]", "x", "x"], tokenizer.Encode("x", "x").Pieces);
        Assert.Equal([0, 0, 1], tokenizer.Encode("x", "x").TypeIds);
        Assert.Equal((0, 1, 2, 3), (tokenizer.Special.Unk, tokenizer.Special.Cls, tokenizer.Special.Sep, tokenizer.Special.Mask));
        Assert.Null(tokenizer.Special.Pad);
    }

    [Fact]
    public void WordPiece_NormalizedAddedToken_IsFoundAfterNormalisation()
    {
        Encoding e = Load(Bert).Encode("x CAFE\u0301 cafes", special: false);

        Assert.Equal([4, 9, 0], e.Ids);
        Assert.Equal("CAFE", e.Surface(1));
    }

    [Fact]
    public void WordPiece_CapitalSigma_IsLoweredAsTheFileMeans() =>
        Assert.Equal(["σ", "##σ"], Load(Bert).Encode("ΣΣ", special: false).Pieces);

    [Fact]
    public void BytePair_SameFilesTwoWays_Agree()
    {
        ITokenizer json = Load(Gpt2()), files = TinyGpt2.Load();
        var random = new Random(31);

        for (int i = 0; i < 300; i++)
        {
            string text = BytePairEncodingTests.RandomText(random) + " the thing<|endoftext|>aaaa";

            Assert.Equal(files.Encode(text).Ids, json.Encode(text).Ids);
            Assert.Equal(files.Encode(text).Offsets, json.Encode(text).Offsets);
        }

        Assert.Equal(files.Special, json.Special with { Unk = files.Special.Unk });
    }

    [Fact]
    public void BytePair_TrimmedOffsets_LeaveOutTheSpace()
    {
        Encoding e = Load(Gpt2("""{"type": "ByteLevel", "trim_offsets": true}""")).Encode("a the\n x");

        Assert.Equal(["a", "Ġthe", "Ċ", "Ġ", "x"], e.Pieces);
        Assert.Equal([new(0, 1), new(2, 5), new(5, 6), new(7, 7), new(7, 8)], e.Offsets);
    }

    [Fact]
    public void BytePair_WholeWordsFirst_SkipsMerging()
    {
        ITokenizer merged = Load(Gpt2()), whole = Load(Gpt2(more: "\"ignore_merges\": true,"));

        Assert.Equal(["Ġthe"], whole.Encode(" the").Pieces);
        Assert.Empty(Assert.Single(whole.Explain(" the").Words).Steps);
        Assert.Equal(3, Assert.Single(merged.Explain(" the").Words).Steps.Count);
    }

    [Fact]
    public void Read_UnsupportedParts_AreAllListed()
    {
        string json = Gpt2(
            postProcessor: """{"type": "Fancy"}""",
            preTokenizer: """{"type": "Split", "pattern": {"Regex": "a\\b"}, "behavior": "Isolated"}""",
            more: "\"dropout\": 0.1, \"novelty\": true, \"end_of_word_suffix\": \"</w>\",");

        string message = Assert.Throws<TokenizerException>(() => Load(json)).Message;

        Assert.All(
            ["post_processor Fancy", "'\\b' in the pattern", "model.dropout", "model.end_of_word_suffix", "model.novelty"],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"ids\": [1]", "\"ids\": [77]")]
    [InlineData("\"ids\": [1]", "\"ids\": \"1\"")]
    [InlineData("\"x\": 4", "\"x\": 1.5")]
    [InlineData("\"content\": \"[CLS]\"", "\"content\": 7")]
    [InlineData("\"clean_text\": true", "\"clean_text\": 1")]
    [InlineData("\"max_input_chars_per_word\": 5", "\"max_input_chars_per_word\": \"5\"")]
    [InlineData("\"type\": \"WordPiece\", \"unk", "\"type\": \"Unigram\", \"unk")]
    [InlineData("\"[UNK]\": 0,", "")]
    [InlineData("{", "[")]
    public void Read_Malformed_ThrowsOurException(string from, string to)
    {
        string json = Bert.Replace("\"id\": 0, \"content\": \"[UNK]\"", "\"id\": 0, \"content\": \"[U]\"", StringComparison.Ordinal);

        Assert.Throws<TokenizerException>(() => Load(json.Replace(from, to, StringComparison.Ordinal)));
    }
}
