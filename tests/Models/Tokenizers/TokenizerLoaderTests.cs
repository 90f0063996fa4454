using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public sealed class TokenizerLoaderTests
{
    private const string VocabularyText = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nThe\n<s>\n";

    private static ITokenizer Load(params (string, string)[] files)
    {
        using var folder = new TinyFolder(files);
        return TokenizerLoader.Load(folder.Path);
    }

    private static string Failure(params (string, string)[] files) => Assert.Throws<TokenizerException>(() => Load(files)).Message;

    [Fact]
    public void Load_VocabularyText_IsBertUncased()
    {
        ITokenizer tokenizer = Load(("vocab.txt", VocabularyText));

        Assert.Equal("WordPiece from vocab.txt, 8 pieces", tokenizer.Description);
        Assert.Equal(["[CLS]", "the", "[SEP]"], tokenizer.Encode("The").Pieces);
        Assert.Equal(0, tokenizer.Special.Pad);
    }

    [Fact]
    public void Load_Configuration_IsObeyed()
    {
        ITokenizer tokenizer = Load(
            ("vocab.txt", VocabularyText),
            ("tokenizer_config.json",
                """{"do_lower_case": false, "tokenizer_class": "BertTokenizerFast", "cls_token": {"content": "<s>"}}"""),
            ("special_tokens_map.json", """{"mask_token": "the"}"""),
            ("added_tokens.json", """{"NEW": 8}"""));

        Assert.Equal(["<s>", "The", "NEW", "[SEP]"], tokenizer.Encode("The NEW").Pieces);
        Assert.Equal(5, tokenizer.Special.Mask);
        Assert.Equal(9, tokenizer.Vocabulary.Count);
    }

    /// <summary>
    /// Files alone do not tell RoBERTa's tokenizer from GPT-2's: the family does where no class is named, as in transformers.
    /// </summary>
    [Theory]
    [InlineData("roberta", null, "<s> the </s>")]
    [InlineData("bart", "{}", "<s> the </s>")]
    [InlineData("gpt2", null, "the")]
    [InlineData("roberta", """{"tokenizer_class": "GPT2Tokenizer"}""", "the")]
    public void Load_NoClassNamed_TakesThatOfTheFamily(string family, string? config, string expected)
    {
        (string, string)[] files =
        [
            ("config.json", $$"""{"model_type": "{{family}}"}"""), ("merges.txt", TinyGpt2.MergesText),
            ("vocab.json", TinyGpt2.VocabularyJson("<s>", "</s>", "<unk>", "<pad>", "<mask>")),
        ];

        ITokenizer tokenizer = Load(config is null ? files : [.. files, ("tokenizer_config.json", config)]);

        Assert.Equal(expected, string.Join(' ', tokenizer.Encode("the").Pieces));
    }

    /// <summary>MPNet has BERT's words and RoBERTa's special tokens.</summary>
    [Fact]
    public void Load_Mpnet_HasRobertasSpecialTokens()
    {
        ITokenizer tokenizer = Load(("config.json", """{"model_type": "mpnet"}"""),
            ("vocab.txt", "<s>\n<pad>\n</s>\n<unk>\nthe\n[UNK]\n<mask>\n"));

        Assert.Equal("<s> the </s>", string.Join(' ', tokenizer.Encode("The").Pieces));
        Assert.Equal("<s> the </s> </s> [UNK] </s>", string.Join(' ', tokenizer.Encode("the", "x").Pieces));
        Assert.Equal((1, 6), (tokenizer.Special.Pad, tokenizer.Special.Mask));
    }

    /// <summary>The same pieces under other ids: Pegasus adds 103, XGLM has XLM-R's with an end token before the text.</summary>
    [Theory]
    [InlineData("t5/spiece.model", "T5Tokenizer", "PegasusTokenizer")]
    [InlineData("xlmr/sentencepiece.bpe.model", "XLMRobertaTokenizer", "XGLMTokenizer")]
    public void Load_SentencePieceOfAnotherClass_ShiftsItsIds(string file, string known, string other)
    {
        string name = Path.GetFileName(file);
        byte[] model = File.ReadAllBytes(DataFolder.Find($"tokenizers-trained/{file}"));
        using var folder = new TempFolder();
        File.WriteAllBytes(folder.File(name), model);
        ITokenizer As(string type)
        {
            File.WriteAllText(folder.File("tokenizer_config.json"), $$"""{"tokenizer_class": "{{type}}"}""");
            return TokenizerLoader.Load(folder.Path);
        }
        const string text = "First, you know Caius Marcius is chief enemy to the people.";
        int[] ids = [.. As(known).Encode(text, special: false).Ids];

        int[] shifted = [.. As(other).Encode(text).Ids];

        Assert.Equal(other == "PegasusTokenizer" ? [.. ids.Select(id => id + 103), 1] : [2, .. ids], shifted);
        Assert.Equal(text, As(other).Decode([.. shifted]));
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("bloom")]
    public void Load_FamilyWhoseWordsAreOthers_IsRefused(string family) => Assert.Contains("unsupported tokenizer_class", Failure(
        ("config.json", $$"""{"model_type": "{{family}}"}"""), ("merges.txt", TinyGpt2.MergesText),
        ("vocab.json", TinyGpt2.VocabularyJson())), StringComparison.Ordinal);

    [Fact]
    public void Load_SeveralKinds_FollowsTheDocumentedOrder()
    {
        (string, string) vocabularyText = ("vocab.txt", VocabularyText), merges = ("merges.txt", TinyGpt2.MergesText),
            json = ("vocab.json", TinyGpt2.VocabularyJson());

        Assert.Contains("byte-level BPE", Load(vocabularyText, merges, json).Description, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", Failure(vocabularyText, merges, json, ("tokenizer.json", "{}")), StringComparison.Ordinal);
        Assert.Contains("without target.spm", Failure(vocabularyText, json, ("tokenizer.json", "{}"), ("source.spm", "x")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NothingUsable_SaysWhatIsThereAndWhatIsExpected()
    {
        Assert.Contains("no such folder", Assert.Throws<TokenizerException>(() => TokenizerLoader.Load("no/such/folder")).Message,
            StringComparison.Ordinal);
        Assert.Contains("got config.json", Failure(("config.json", "{}")), StringComparison.Ordinal);
        Assert.Contains("vocab.json", Failure(("merges.txt", TinyGpt2.MergesText)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"do_lower_case": "yes"}""", "do_lower_case")]
    [InlineData("""{"tokenizer_class": "BertJapaneseTokenizer"}""", "BertJapaneseTokenizer")]
    [InlineData("""{"unk_token": 5}""", "not the name of a token")]
    [InlineData("""{"unk_token": "<none>"}""", "<none>")]
    [InlineData("""{"added_tokens_decoder": {"x": {"content": "a"}}}""", "added_tokens_decoder")]
    [InlineData("""{"added_tokens_decoder": []}""", "added_tokens_decoder")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{", "not JSON")]
    public void Load_BadConfiguration_SaysWhat(string config, string expected) =>
        Assert.Contains(expected, Failure(("vocab.txt", VocabularyText), ("tokenizer_config.json", config)), StringComparison.Ordinal);

    [Fact]
    public void Encode_FromManyThreads_GivesTheSame()
    {
        ITokenizer tokenizer = TinyGpt2.Load();
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"the thing {i % 17} é{i}")];
        int[][] alone = [.. texts.Select(t => tokenizer.Encode(t).Ids)];

        ITokenizer shared = TinyGpt2.Load();

        Assert.Equal(alone, texts.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(t => shared.Encode(t).Ids).ToArray());
    }
}
