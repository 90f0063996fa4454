namespace Vitrine.Transformers;

/// <summary>Reads Hugging Face's <c>tokenizer.json</c> as far as WordPiece and byte-level BPE models use it.</summary>
/// <remarks>Settings for truncation and padding in the file are not followed: encoding here does neither. Whatever else is not
/// understood is collected and reported in one error, so that no text is ever tokenized in a way the file does not say.</remarks>
internal sealed class TokenizerJson
{
    private readonly string _path;
    private readonly JsonPart _root;
    private readonly List<string> _unsupported = [];

    private TokenizerJson(string path)
    {
        _path = path;
        _root = new JsonPart(TokenizerFile.ReadJson(path), "", path);
    }

    /// <exception cref="TokenizerException">The file is malformed, or asks for something not supported.</exception>
    public static ITokenizer Read(string path, TokenizerConfig config) => new TokenizerJson(path).Build(config);

    private PipelineTokenizer Build(TokenizerConfig config)
    {
        AddedToken[] added = [.. _root["added_tokens"].Items().Select(t => t.AsAddedToken(t["id"].AsInteger()))];
        JsonPart model = _root["model"];
        var stages = new JsonStages(_root, _unsupported);
        INormalizer? normalizer = stages.Normalizer();
        IPreTokenizer? words = stages.PreTokenizer(out bool byteLevel, out bool prefixSpace);
        bool isBpe = model.Type == "BPE" || (model.Type.Length == 0 && model["merges"].IsPresent);
        CheckModel(model, isBpe, byteLevel);
        IPieceDecoder decoder = stages.Decoder(isBpe);
        PostTemplate template = stages.Template(out bool trimOffsets);
        if (_unsupported.Count > 0)
        {
            throw new TokenizerException(
                $"tokenizer_json: unsupported parts; got {string.Join(", ", _unsupported)} in {_path}; expected WordPiece or byte-level BPE and "
                + "the components BERT and GPT-2 use. Remove the file to use vocab.txt, or vocab.json with merges.txt, where they lie beside it.") { IsUnsupported = true };
        }

        Vocabulary vocabulary = ReadVocabulary(model["vocab"]).With(added, _path);
        foreach (TemplatePlace place in template.Single.Concat(template.Pair).Where(p => p.Sequence < 0 && !vocabulary.Contains(p.Id)))
        {
            throw _root["post_processor"].Malformed($"ids of the vocabulary, not {place.Id}");
        }

        string? unk = model.Text("unk_token");
        ISubwordModel subwords = isBpe
            ? new BytePairEncoding(vocabulary, ReadMerges(model["merges"], vocabulary), model.Flag("ignore_merges", false))
            : new WordPiece(vocabulary, unk ?? "[UNK]", model.Text("continuing_subword_prefix") ?? "##", model.Integer("max_input_chars_per_word") ?? 100, _path);
        return new PipelineTokenizer(new PipelineTokenizer.Stages("tokenizer.json", vocabulary, subwords, decoder, SpecialTokens(config, vocabulary, unk))
        {
            Added = added,
            Normalizer = normalizer,
            PreTokenizer = words,
            PrefixSpace = prefixSpace,
            Template = template,
            TrimOffsets = trimOffsets,
        });
    }

    private void CheckModel(JsonPart model, bool isBpe, bool byteLevel)
    {
        if (!isBpe && model.Type is not ("WordPiece" or ""))
        {
            _unsupported.Add($"model {model.Type}");
        }
        else if (isBpe && !byteLevel)
        {
            _unsupported.Add("BPE without a ByteLevel pre-tokenizer");
        }

        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            _unsupported.AddRange(isBpe && model.Text(affix) is { Length: > 0 } ? [$"model.{affix}"] : []);
        }

        _unsupported.AddRange(isBpe && model["dropout"].IsPresent ? ["model.dropout"] : []);
        _unsupported.AddRange(isBpe && model.Flag("byte_fallback", false) ? ["model.byte_fallback"] : []);
    }

    private Vocabulary ReadVocabulary(JsonPart vocabulary)
    {
        var builder = new VocabularyBuilder(_path, 1 << 16);
        foreach ((string piece, JsonPart id) in vocabulary.Members())
        {
            builder.Add(piece, id.AsInteger());
        }

        return builder.ToVocabulary();
    }

    private MergeTable ReadMerges(JsonPart merges, Vocabulary vocabulary)
    {
        var table = new MergeTable(vocabulary, _path);
        foreach (JsonPart merge in merges.Items())
        {
            // "a b" in older files, ["a", "b"] in newer ones.
            string[] pair = merge.IsText ? merge.AsText().Split(' ') : [.. merge.Items().Select(p => p.AsText())];
            table.Add(pair[0], pair.Length == 2 ? pair[1] : throw merge.Malformed("two pieces"));
        }

        return table;
    }

    /// <summary>Ids by role: as the configuration beside the file names them, else by the customary spellings.</summary>
    private static SpecialTokens SpecialTokens(TokenizerConfig config, Vocabulary vocabulary, string? unk)
    {
        int? id(string role, params string[] customary) => config.TokenName(role) is { } name
            ? vocabulary.IdOf(name)
            : customary.Select(vocabulary.IdOf).FirstOrDefault(found => found is not null);
        return new SpecialTokens
        {
            Cls = id("cls_token", "[CLS]"),
            Sep = id("sep_token", "[SEP]"),
            Pad = id("pad_token", "[PAD]", "<pad>"),
            Unk = id("unk_token", unk ?? "[UNK]"),
            Mask = id("mask_token", "[MASK]", "<mask>"),
            Bos = id("bos_token", "<|endoftext|>", "<s>"),
            Eos = id("eos_token", "<|endoftext|>", "</s>"),
        };
    }
}
