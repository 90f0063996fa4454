using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>
/// Reads Hugging Face's <c>tokenizer.json</c>: WordPiece, byte-pair encoding of bytes and of characters, unigram, and the stages around
/// them.
/// </summary>
/// <remarks>Settings for truncation and padding in the file are not followed: encoding here does neither. Whatever else is not
/// understood is collected and reported in one error, so that no text is ever tokenized in a way the file does not say.</remarks>
internal sealed class TokenizerJson
{
    private static readonly string[] s_affixes = ["continuing_subword_prefix", "end_of_word_suffix"];

    private readonly string _path;
    private readonly JsonField _root;
    private readonly TokenizerConfig _config;
    private readonly List<string> _unsupported = [];
    private readonly List<string> _notices = [];

    private TokenizerJson(string path, TokenizerConfig config)
    {
        (_path, _config) = (path, config);
        _root = TokenizerFields.Of(TokenizerFile.ReadJson(path), "", path);
    }

    /// <exception cref="TokenizerException">The file is malformed, or asks for something not supported.</exception>
    public static ITokenizer Read(string path, TokenizerConfig config) => new TokenizerJson(path, config).Build();

    private PipelineTokenizer Build()
    {
        _unsupported.AddRange(_root.Others(
            "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model"));
        AddedToken[] added = [.. _root.Part("added_tokens").Items().Select(t => t.AddedToken(t.Part("id").Whole(0, int.MaxValue)))];
        JsonField model = _root.Part("model");
        if (!model.IsPresent)
        {
            throw model.Bad("is missing", "a model");
        }

        string type = model.TypeName() switch
        {
            "" when model.Part("merges").IsPresent => "BPE",
            "" when model.Part("vocab").Value.ValueKind == JsonValueKind.Array => "Unigram",
            "" => "WordPiece",
            string named => named,
        };
        var stages = new JsonStages(_root, _config, _path, _unsupported, _notices);
        INormalizer? normalizer = stages.Normalizer();
        IPreTokenizer? words = stages.PreTokenizer(out bool bytes);
        IPieceDecoder decoder = new JsonDecoders(_path, _unsupported).Read(_root.Part("decoder"), type, bytes);
        PostTemplate template = stages.Template(out bool trimOffsets);
        CheckModel(model, type);
        if (_unsupported.Count > 0)
        {
            throw new TokenizerException(
                $"tokenizer_json: unsupported parts; got {string.Join(", ", _unsupported)} in {_path}; "
                + "expected WordPiece, BPE or Unigram and the usual parts around them. "
                + "Remove the file where the tokenizer's other files (a SentencePiece model, vocab.txt, vocab.json with merges.txt) lie "
                + "next to it.")
            { IsUnsupported = true };
        }

        string? unk = model.Text("unk_token");
        (Vocabulary vocabulary, double[] scores) = ReadVocabulary(model.Part("vocab"), type, added);
        foreach (TemplatePlace place in template.Single.Concat(template.Pair).Where(p => p.Sequence < 0 && !vocabulary.Contains(p.Id)))
        {
            throw _root.Part("post_processor").Bad("adds a token that is unknown", $"ids of the vocabulary, not {place.Id}");
        }

        unk ??= model.Part("unk_id") is { IsPresent: true } id ? Spelling(id, vocabulary) : null;
        SpecialTokens special = SpecialTokens(vocabulary, unk);
        ISubwordModel subwords = type switch
        {
            "BPE" => new BytePairEncoding(vocabulary, ReadMerges(model.Part("merges"), vocabulary), new BytePairEncoding.Settings(bytes)
            {
                WholeWordsFirst = model.Flag("ignore_merges", false),
                ByteFallback = model.Flag("byte_fallback", false),
                FuseUnk = model.Flag("fuse_unk", false),
                Unk = unk is null ? null : vocabulary.IdOf(unk)
                    ?? throw model.Part("unk_token").Bad("is unknown", "a piece of the vocabulary"),
            }),
            "Unigram" => new Unigram(
                vocabulary,
                scores.Select((score, i) => new Unigram.ScoredPiece(vocabulary.PieceOf(i), i, score)),
                new Unigram.Settings(unk is null ? null : vocabulary.IdOf(unk), model.Flag("byte_fallback", false))),
            _ => new WordPiece(
                vocabulary, unk ?? "[UNK]", model.Text("continuing_subword_prefix")
                    ?? "##", model.Whole("max_input_chars_per_word", 1) ?? 100, _path),
        };
        return new PipelineTokenizer(new PipelineTokenizer.Stages("tokenizer.json", vocabulary, subwords, decoder, special)
        {
            Added = added,
            Normalizer = normalizer,
            PreTokenizer = words,
            Template = stages.WithConfiguredEnds(template, vocabulary, special),
            TrimOffsets = trimOffsets,
            Notices = _notices,
        });
    }

    private static string Spelling(JsonField id, Vocabulary vocabulary) =>
        vocabulary.Contains(id.Whole(0, int.MaxValue)) ? vocabulary.PieceOf(id.Whole(0, int.MaxValue))
            : throw id.Bad("is unknown", "an id of the vocabulary");

    private void CheckModel(JsonField model, string type)
    {
        string[]? known = type switch
        {
            "WordPiece" => ["unk_token", "continuing_subword_prefix", "max_input_chars_per_word"],
            "BPE" => ["merges", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
                "ignore_merges"],
            "Unigram" => ["unk_id", "byte_fallback"],
            _ => null,
        };
        if (known is null)
        {
            _unsupported.Add($"model {type}");
            return;
        }

        _unsupported.AddRange(model.Others([.. known, "type", "vocab"]).Select(name => $"model.{name}"));
        if (type == "BPE")
        {
            _unsupported.AddRange(s_affixes.Where(affix => model.Text(affix) is { Length: > 0 }).Select(affix => $"model.{affix}"));
            _unsupported.AddRange(model.Part("dropout") is { IsPresent: true } dropout && dropout.Number() != 0 ? ["model.dropout"] : []);
        }
    }

    private (Vocabulary Vocabulary, double[] Scores) ReadVocabulary(JsonField vocabulary, string type, IReadOnlyList<AddedToken> added)
    {
        var builder = new VocabularyBuilder(_path, 1 << 16);
        var scores = new List<double>();
        if (type == "Unigram")
        {
            foreach (JsonElement entry in vocabulary.Elements())
            {
                bool fits = entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2
                    && entry[0].ValueKind == JsonValueKind.String
                    && entry[1].ValueKind == JsonValueKind.Number && double.IsFinite(entry[1].GetDouble());
                builder.Add(fits ? entry[0].GetString() : throw Wrong("vocab", entry, "a piece and its score"), scores.Count);
                scores.Add(entry[1].GetDouble());
            }
        }
        else
        {
            foreach (JsonProperty entry in vocabulary.Properties())
            {
                builder.Add(entry.Name, entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt32(out int id)
                    ? id
                    : throw Wrong($"vocab['{entry.Name}']", entry.Value, "a whole number"));
            }
        }

        return builder.IsEmpty
            ? throw vocabulary.Bad("is empty", "pieces")
            : (builder.ToVocabulary().With(added, _path), [.. scores]);
    }

    private MergeTable ReadMerges(JsonField merges, Vocabulary vocabulary)
    {
        var table = new MergeTable(vocabulary, _path);
        foreach (JsonElement merge in merges.Elements())
        {
            // "a b" in older files, ["a", "b"] in newer ones.
            if (merge.ValueKind == JsonValueKind.String)
            {
                table.AddLine(merge.GetString());
            }
            else
            {
                bool fits = merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2
                    && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String;
                table.Add(fits ? merge[0].GetString() : throw Wrong("merges", merge, "two pieces"), merge[1].GetString());
            }
        }

        return table;
    }

    private TokenizerException Wrong(string place, JsonElement got, string expected) =>
        new($"tokenizer_json: model.{place} is malformed; got {got.ValueKind}; expected {expected}. File: {_path}");

    /// <summary>Ids by role: as the configuration next to the file names them, else by the customary spellings.</summary>
    private SpecialTokens SpecialTokens(Vocabulary vocabulary, string? unk)
    {
        int? id(string role, params string[] customary) => _config.TokenName(role) is { } name
            ? vocabulary.IdOf(name)
            : customary.Select(vocabulary.IdOf).FirstOrDefault(found => found is not null);
        return new SpecialTokens
        {
            Cls = id("cls_token", "[CLS]"),
            Sep = id("sep_token", "[SEP]"),
            Pad = id("pad_token", "[PAD]", "<pad>"),
            Unk = unk is null ? id("unk_token", "[UNK]") : vocabulary.IdOf(unk), // what the model writes, whatever the configuration says
            Mask = id("mask_token", "[MASK]", "<mask>"),
            Bos = id("bos_token", "<|endoftext|>", "<s>", "<bos>"),
            Eos = id("eos_token", "<|endoftext|>", "</s>", "<eos>"),
        };
    }
}
