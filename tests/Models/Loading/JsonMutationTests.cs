using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Loading;

/// <summary>
/// JSON that parses and does not fit: every file of a folder, changed in seeded ways, loads or is refused by the product's own errors,
/// quickly.
/// </summary>
public sealed class JsonMutationTests(ITestOutputHelper output)
{
    private const int Mutations = 500;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    private static readonly string[] s_tokenizers =
    [
        """
        {"version": "1.0", "truncation": null, "padding": null,
         "added_tokens": [{"id": 0, "content": "<unk>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}, {"id": 9, "content": "[M]", "single_word": true, "lstrip": true, "rstrip": true, "normalized": true, "special": false}],
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, {"type": "NFKC"}, {"type": "Strip", "strip_left": true, "strip_right": false}]},
         "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false},
         "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<unk>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"<unk>": {"id": "<unk>", "ids": [0], "tokens": ["<unk>"]}}},
         "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
         "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "ignore_merges": false, "vocab": {"<unk>": 0, "a": 1, "b": 2, "▁": 3, "ab": 4, "▁ab": 5, "<0x41>": 6}, "merges": ["a b", ["▁", "ab"]]}}
        """,
        """
        {"added_tokens": [{"id": 2, "content": "<unk>", "special": true}], "normalizer": {"type": "Precompiled", "precompiled_charsmap": ""},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}, {"type": "Digits", "individual_digits": true}, {"type": "Punctuation", "behavior": "Isolated"}]},
         "post_processor": {"type": "RobertaProcessing", "sep": ["<s>", 0], "cls": ["a", 1], "trim_offsets": true, "add_prefix_space": false},
         "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
         "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": false, "vocab": [["<s>", 0.0], ["a", -1.5], ["<unk>", 0.0], ["▁", -2.0], ["▁a", -2.25], ["b", -3]]}}
        """,
        """
        {"added_tokens": [], "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "\\p{L}+| ?\\d"}, "behavior": "MergedWithNext", "invert": false}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}, {"type": "CharDelimiterSplit", "delimiter": "-"}, {"type": "BertPreTokenizer"}]},
         "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel", "trim_offsets": true}, {"type": "BertProcessing", "sep": ["[S]", 1], "cls": ["[C]", 0]}]},
         "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
         "model": {"type": "WordPiece", "unk_token": "[U]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"[C]": 0, "[S]": 1, "[U]": 2, "a": 3, "##b": 4}}}
        """,
    ];

    [Fact]
    public void Tokenizers_ChangedInEveryWay_LoadOrAreRefused()
    {
        using var folder = new TempFolder();
        int loaded = 0, all = 0;
        foreach (string json in s_tokenizers)
        {
            for (int seed = 0; seed < Mutations; seed++)
            {
                File.WriteAllText(folder.File("tokenizer.json"), new JsonMutator(seed).Mutate(json));
                loaded += Try(seed, () => Use(TokenizerLoader.Load(folder.Path)), folder.File("tokenizer.json")) ? 1 : 0;
                all++;
            }
        }

        output.WriteLine($"{all} tokenizer.json: {loaded} loaded");
        Assert.InRange(loaded, all / 100, all * 9 / 10);
    }

    [Fact]
    public void FilesAroundAVocabulary_ChangedInEveryWay_LoadOrAreRefused()
    {
        (string Name, string Json)[] files =
        [
            ("tokenizer_config.json",
                """{"tokenizer_class": "BertTokenizer", "do_lower_case": true, "strip_accents": null, "tokenize_chinese_chars": true, "unk_token": "[UNK]", "mask_token": {"content": "[MASK]", "lstrip": false}, "model_max_length": 512, "added_tokens_decoder": {"5": {"content": "new", "special": true, "lstrip": false}}}"""),
            ("special_tokens_map.json",
                """{"unk_token": "[UNK]", "sep_token": {"content": "[SEP]"}, "additional_special_tokens": ["x"]}"""),
            ("added_tokens.json", """{"extra": 6, "more": 7}"""),
        ];
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
        foreach ((string name, string json) in files)
        {
            for (int seed = 0; seed < Mutations / 3; seed++)
            {
                File.WriteAllText(folder.File(name), new JsonMutator(seed).Mutate(json));
                _ = Try(seed, () => Use(TokenizerLoader.Load(folder.Path)), folder.File(name));
            }
            File.Delete(folder.File(name));
        }
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("marian")]
    public void Settings_ChangedInEveryWay_LoadOrAreRefused(string family)
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, family);
        string config = File.ReadAllText(folder.File("config.json"));
        const string Generation =
            """{"max_length": 9, "min_length": 2, "num_beams": 2, "do_sample": false, "temperature": 1.0, "top_k": 5, "top_p": 0.9, "eos_token_id": [2, 3], "pad_token_id": 0, "bad_words_ids": [[3], [4, 5]], "suppress_tokens": [6], "begin_suppress_tokens": [7], "forced_bos_token_id": 4, "forced_eos_token_id": 2, "repetition_penalty": 1.2, "no_repeat_ngram_size": 2, "early_stopping": "never", "length_penalty": 1.0, "num_return_sequences": 1}""";
        int loaded = 0;
        for (int seed = 0; seed < Mutations; seed++)
        {
            bool settings = seed % 2 == 0;
            File.WriteAllText(folder.File("config.json"), settings ? new JsonMutator(seed).Mutate(config) : config);
            File.WriteAllText(folder.File("generation_config.json"), settings ? Generation : new JsonMutator(seed).Mutate(Generation));
            loaded += Try(seed, () => Run(ModelLoader.Load(folder.Path)), folder.File(settings ? "config.json" : "generation_config.json"))
                ? 1 : 0;
        }

        output.WriteLine($"{Mutations} folders: {loaded} ran");
        Assert.InRange(loaded, Mutations / 100, Mutations);
    }

    private static void Use(ITokenizer tokenizer)
    {
        foreach (string text in new[] { "", "ab A b-1 ▁é😀 new", "[M] <unk>x\ud800", "  aab  " })
        {
            Encoding e = tokenizer.Encode(text);
            _ = tokenizer.Encode(text, "b");
            _ = tokenizer.Decode(e.Ids);
            _ = tokenizer.Explain(text);
            Assert.All(e.Offsets.Where((_, i) => e.SequenceIds[i] >= 0), span => Assert.InRange(span.End, span.Start, text.Length));
        }
    }

    private static void Run(ITransformer model)
    {
        ModelInput input = new() { Ids = Tensor.From([4, 5], [1, 2]) };
        if (model is IGenerator generator)
        {
            GenerationOptions options = generator.GenerationDefaults;
            _ = generator.Generate(input, options.MaxNewTokens > 8 ? options with { MaxNewTokens = 8 } : options, null,
                TestContext.Current.CancellationToken);
        }
        else
        {
            _ = model.Forward(input);
        }
    }

    private static bool Try(int seed, Action action, string file)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        Exception? e = Record.Exception(action);
        TimeSpan elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(start);
        Assert.True(e is null or VitrineException, string.Create(CultureInfo.InvariantCulture,
            $"seed {seed}: {File.ReadAllText(file)}\n{e}"));
        Assert.True(elapsed < s_longest, string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {elapsed.TotalSeconds} s"));
        return e is null;
    }
}
