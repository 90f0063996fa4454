using Vitrine.Attributions;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Tests.Fuzz;

/// <summary>Every reader of files that come from elsewhere. A new reader gets a row here.</summary>
internal sealed partial class FuzzTargets : IDisposable
{
    private readonly TempFolder _folder = new();

    // Made when asked for: some train or load a model first.
    private static readonly (string Name, Func<FuzzTargets, FuzzTarget> Make)[] s_all =
    [
        ("safetensors", all => all.Safetensors()),
        ("torch zip", all => all.Torch("zip.bin")),
        ("torch legacy", all => all.Torch("legacy.bin")),
        ("config gpt2", all => all.Config("gpt2")),
        ("config bert", all => all.Config("bert")),
        ("config llama", all => all.Config("llama")),
        ("config marian", all => all.Config("marian")),
        ("generation_config", all => all.GenerationConfig()),
        ("adapter_config", all => all.Adapter()),
        ("adapter_model", all => all.AdapterWeights()),
        ("checkpoint", all => all.TrainingCheckpoint()),
        ("tokenizer.json", all => all.TokenizerJson()),
        ("vocab.txt", all => all.WordPieceVocabulary()),
        ("merges", all => all.BytePairs()),
        ("spm", all => all.SentencePieces()),
        ("tokenizer_config", all => all.TokenizerSettings()),
        ("results", _ => Results()),
        ("rows of results", all => all.SavedRows()),
        ("inseq", _ => Inseq()),
        ("data JsonLines", _ => Rows(DataFormat.JsonLines)),
        ("data Csv", _ => Rows(DataFormat.Csv)),
        ("data Tsv", _ => Rows(DataFormat.Tsv)),
        ("data Lines", _ => Rows(DataFormat.Lines)),
    ];

    private static IEnumerable<(string Name, Func<FuzzTargets, FuzzTarget> Make)> All => [.. s_all, .. s_inside, .. s_runs];

    /// <summary>The names of the readers.</summary>
    public static IReadOnlyList<string> Names => [.. All.Select(row => row.Name)];

    /// <summary>A reader with its good files.</summary>
    public FuzzTarget Named(string name) => All.First(row => row.Name == name).Make(this);

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private FuzzTarget Safetensors()
    {
        SafetensorsWriter.Save(_folder.File("seed.safetensors"),
        [
            new("a.weight", RandomTensor.Normal(1, [5, 3])), new("b", RandomTensor.Normal(2, [7])),
            new("c", RandomTensor.Normal(3, [1, 2, 2])),
        ], new Dictionary<string, string> { ["format"] = "pt" });
        return new("safetensors", [File.ReadAllBytes(_folder.File("seed.safetensors"))], file =>
        {
            string path = Written("fuzz.safetensors", file);
            using SafetensorsFile read = SafetensorsFile.Open(path);
            foreach (string name in read.Names)
            {
                read.ReadFloats(name);
            }
        }, FuzzKind.Safetensors);
    }

    private FuzzTarget Torch(string file) => new(
        file == "zip.bin" ? "torch zip" : "torch legacy", [File.ReadAllBytes(GoldenFolder.Find("torch", file))], bytes =>
        {
            using TorchFile read = TorchFile.Open(Written("fuzz.bin", bytes));
            foreach (string name in read.Names)
            {
                read.ReadFloats(name);
            }
        }, FuzzKind.Bytes);

    private FuzzTarget Config(string family)
    {
        string folder = Folder("config-" + family);
        TinyModels.Write(folder, family, layers: 1);
        string path = Path.Combine(folder, "config.json");
        return new("config " + family, [File.ReadAllBytes(path)], file =>
        {
            File.WriteAllBytes(path, file);
            ModelLoader.Load(folder);
        }, FuzzKind.Json);
    }

    private FuzzTarget GenerationConfig()
    {
        string folder = Folder("generation");
        TinyModels.Write(folder, "gpt2", layers: 1);
        string path = Path.Combine(folder, "generation_config.json");
        byte[] seed = """
            {"bos_token_id": 1, "eos_token_id": [2, 3], "pad_token_id": 0, "max_length": 12, "num_beams": 2, "temperature": 0.7, "top_k": 5, "do_sample": true}
            """u8.ToArray();
        return new("generation_config", [seed], file =>
        {
            File.WriteAllBytes(path, file);
            ModelLoader.Load(folder);
        }, FuzzKind.Json);
    }

    private FuzzTarget Adapter()
    {
        (string folder, ITransformer model) = WithAdapter("adapter");
        string path = Path.Combine(folder, "adapter_config.json");
        return new("adapter_config", [File.ReadAllBytes(path)], file =>
        {
            File.WriteAllBytes(path, file);
            LoraAdapter.BaseOf(folder);
            LoraAdapter.Load(model, folder);
        }, FuzzKind.Json);
    }

    private FuzzTarget AdapterWeights()
    {
        (string folder, ITransformer model) = WithAdapter("adapter-weights");
        string path = Path.Combine(folder, "adapter_model.safetensors");
        return new("adapter_model", [File.ReadAllBytes(path)], file =>
        {
            File.WriteAllBytes(path, file);
            LoraAdapter.Load(model, folder);
        }, FuzzKind.Safetensors);
    }

    private FuzzTarget TrainingCheckpoint()
    {
        // The adapter's own matrices can be written; the base model's lie in a mapped file.
        LoraModel model = LoraModel.Start(TinyModels.Load(Folder("checkpoint"), "gpt2", layers: 1), new() { Rank = 2 }, seed: 1);
        string path = _folder.File("state.safetensors");
        var checkpoint = new TrainingFile(path, new Dictionary<string, string> { ["seed"] = "1" });
        IOptimizer optimizer = new AdamW(model.Parameters.Select(parameter => parameter.Value));
        checkpoint.Save(new() { Step = 3 }, model.Parameters, optimizer, null);
        return new("checkpoint", [File.ReadAllBytes(path)], file =>
        {
            File.WriteAllBytes(path, file);
            checkpoint.Load(model.Parameters, optimizer, null);
        }, FuzzKind.Safetensors);
    }

    private FuzzTarget TokenizerJson() => Tokenizer("tokenizer.json", "tokenizer.json", FuzzKind.Json, [],
        """
        {"version": "1.0", "normalizer": null, "decoder": {"type": "ByteLevel"},
         "added_tokens": [{"id": 0, "content": "<s>", "special": true, "lstrip": false, "rstrip": false, "normalized": false, "single_word": false}],
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
         "post_processor": {"type": "ByteLevel", "trim_offsets": true},
         "model": {"type": "BPE", "unk_token": null, "vocab": {"<s>": 0, "a": 1, "b": 2, "ab": 3, "\u0120": 4}, "merges": ["a b"]}}
        """,
        """
        {"version": "1.0", "added_tokens": [{"id": 0, "content": "[UNK]", "special": true}],
         "normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": null, "clean_text": true, "handle_chinese_chars": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"}, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
         "post_processor": {"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
          "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
          "vocab": {"[UNK]": 0, "[CLS]": 1, "a": 2, "##b": 3}}}
        """);

    private FuzzTarget WordPieceVocabulary() =>
        Tokenizer("vocab.txt", "vocab.txt", FuzzKind.Bytes, [], "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\nä\n");

    private FuzzTarget BytePairs()
    {
        (string, string) vocabulary = ("vocab.json", """{"a":0,"b":1,"ab":2,"Ġ":3,"<|endoftext|>":4,"Ġa":5}""");
        return Tokenizer("merges", "merges.txt", FuzzKind.Bytes, [vocabulary], "#version: 0.2\na b\nĠ a\n");
    }

    private FuzzTarget TokenizerSettings()
    {
        (string, string) vocabulary = ("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n");
        return Tokenizer("tokenizer_config", "tokenizer_config.json", FuzzKind.Json, [vocabulary], """
            {"do_lower_case": true, "unk_token": "[UNK]", "sep_token": {"content": "[SEP]", "lstrip": false}, "model_max_length": 512,
             "tokenizer_class": "BertTokenizer", "added_tokens_decoder": {"5": {"content": "a", "special": false}}}
            """);
    }

    private FuzzTarget SentencePieces()
    {
        string source = Path.Combine(GoldenFolder.SourceTree(), "models", "zh-en"), folder = Folder("spm");
        string[] files = ["source.spm", "target.spm", "vocab.json", "tokenizer_config.json"];
        foreach (string name in files.Where(name => File.Exists(Path.Combine(source, name))))
        {
            File.Copy(Path.Combine(source, name), Path.Combine(folder, name));
        }
        return new("spm", [File.ReadAllBytes(Path.Combine(folder, "source.spm"))], file =>
        {
            File.WriteAllBytes(Path.Combine(folder, "source.spm"), file);
            TokenizerLoader.Load(folder).Encode("a b");
        }, FuzzKind.Bytes);
    }

    private FuzzTarget Tokenizer(string name, string file, FuzzKind kind, (string Name, string Text)[] companions, params string[] seeds)
    {
        string folder = Folder("tokenizer-" + name);
        foreach ((string other, string text) in companions)
        {
            File.WriteAllText(Path.Combine(folder, other), text);
        }
        return new(name, [.. seeds.Select(System.Text.Encoding.UTF8.GetBytes)], bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, file), bytes);
            ITokenizer tokenizer = TokenizerLoader.Load(folder);
            tokenizer.Decode(tokenizer.Encode("ab ab").Ids);
            tokenizer.Explain("ab");
        }, kind);
    }

    private static FuzzTarget Results()
    {
        AttributionResult one = Attributions.Results.Of("saliency", "[CLS] a ##b [SEP]", 0, 1, -2, 0);
        AttributionResult written = Attributions.Results.Written("a b c d", 2, [1, 2, 0], [3, 4, 5]);
        AttributionResult raw = new Saliency().Attribute(Attributions.Models.Function("gpt2"), new() { KeepRaw = true });
        string[] seeds = [one.ToJson(), written.ToJson(), raw.ToJson(indented: false), $"[{one.ToJson()},{written.ToJson()}]"];
        return new("results", [.. seeds.Select(System.Text.Encoding.UTF8.GetBytes)], file =>
        {
            foreach (AttributionResult result in CombinationJson.ReadAll(System.Text.Encoding.UTF8.GetString(file)))
            {
                Shown(result);
            }
        }, FuzzKind.Json);
    }

    private FuzzTarget SavedRows()
    {
        string one = Attributions.Results.Of("saliency", "a b", 1, 2).ToJson(indented: false);
        string line = $"{{\"row\":1,\"line\":1,\"results\":[{one}]}}";
        return new("rows of results", [System.Text.Encoding.UTF8.GetBytes(line)], file =>
        {
            string path = Written("rows.jsonl", file);
            foreach (AttributionResult result in SavedExplanation.Read(path))
            {
                Shown(result);
            }
        }, FuzzKind.Json);
    }

    private static FuzzTarget Inseq()
    {
        string[] names =
        [
            "inseq_saved_071/gpt2_saliency_float8.json", "inseq_saved_071/marian_source_only.json",
            "inseq_saved_071/gpt2_attention_float16.json", "inseq_saved/inseq_gpt2_attention.json",
        ];
        byte[][] seeds = [.. names.Select(name => File.ReadAllBytes(GoldenFolder.Find(name.Split('/'))))];
        return new("inseq", [.. seeds, InseqJson.Compressed(System.Text.Encoding.UTF8.GetString(seeds[0]))], file =>
        {
            InseqJson.Is(file);
            foreach (AttributionResult result in InseqJson.Read(file).ToResults())
            {
                Shown(result);
            }
        }, FuzzKind.Json);
    }

    private static FuzzTarget Rows(DataFormat format)
    {
        string seed = format switch
        {
            DataFormat.JsonLines => """
                {"text": "a film", "target": ["good", "bad"], "ids": [1, 2]}
                {"text": "ä \u4e2d", "context": null}
                """,
            DataFormat.Lines => "a film\nanother\r\n\n",
            DataFormat.Tsv => "text\ttarget\na film\tgood\n\"b\t\"\tbad\n",
            _ => "text,target\n\"a, film\",good\n\"b \"\"c\"\"\nd\",bad\n",
        };
        return new("data " + format, [System.Text.Encoding.UTF8.GetBytes(seed)], file =>
        {
            using DataFile data = DataFile.Open(new MemoryStream(file), new() { Format = format });
            foreach (DataRow row in data.Rows.Take(1000))
            {
                _ = row.Error;
            }
        }, format == DataFormat.JsonLines ? FuzzKind.Json : FuzzKind.Bytes);
    }

    /// <summary>What is read can be shown: as text, page, picture, table and JSON.</summary>
    private static void Shown(AttributionResult result)
    {
        Explanation explanation = Explanation.Of([result]);
        explanation.ToText(new());
        explanation.ToHtml();
        explanation.ToSvg();
        explanation.ToCsv();
        AttributionJson.FromJson(result.ToJson());
    }

    private (string Folder, ITransformer Model) WithAdapter(string name)
    {
        string folder = Folder(name);
        ITransformer model = TinyModels.Load(Folder(name + "-base"), "gpt2", layers: 1);
        LoraModel adapted = LoraModel.Start(model, new() { Rank = 2 }, seed: 1);
        LoraAdapter.Describe(folder, adapted, new() { Rank = 2 }, "base");
        LoraAdapter.Save(adapted, folder);
        return (folder, model);
    }

    private string Written(string name, byte[] file)
    {
        File.WriteAllBytes(_folder.File(name), file);
        return _folder.File(name);
    }

    private string Folder(string name) => Directory.CreateDirectory(_folder.File(name)).FullName;
}
