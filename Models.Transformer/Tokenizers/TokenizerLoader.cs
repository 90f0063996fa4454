namespace Vitrine.Transformers;

/// <summary>Opens the tokenizer in a model folder; the files in it decide which kind it is.</summary>
public static class TokenizerLoader
{
    private const string Json = "tokenizer.json";

    // The files that tell the kinds apart, in addition to tokenizer.json.
    private static readonly string[] s_markers = ["source.spm", "merges.txt", "vocab.txt", .. SentencePieceFolder.FileNames];

    /// <summary>Opens the tokenizer in <paramref name="folder"/>. The first of these that is there decides, and
    /// <see cref="ITokenizer.Description"/> says which it was:
    /// <list type="number">
    /// <item><c>source.spm</c> with <c>target.spm</c> and <c>vocab.json</c>: <see cref="MarianTokenizer"/>.</item>
    /// <item><c>tokenizer.json</c>: WordPiece, BPE or unigram as Hugging Face describes it.</item>
    /// <item><c>tokenizer.model</c>, <c>spiece.model</c>, <c>sentencepiece.bpe.model</c>, <c>spm.model</c>: SentencePiece, with the ids of
    /// the class that
    /// <c>tokenizer_config.json</c> or <c>config.json</c> names.</item>
    /// <item><c>merges.txt</c> with <c>vocab.json</c>: byte-level BPE (GPT-2, RoBERTa).</item>
    /// <item><c>vocab.txt</c>: WordPiece (BERT).</item>
    /// </list>
    /// Settings come from <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>added_tokens.json</c> next to them.</summary>
    /// <param name="folder">A folder that holds at least the tokenizer's files.</param>
    /// <exception cref="TokenizerException">No such folder, no tokenizer in it, or a malformed file.</exception>
    public static ITokenizer Load(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new TokenizerException($"tokenizer: no such folder; got '{folder}'; expected a folder with tokenizer files.");
        }

        bool has(string file) => File.Exists(Path.Combine(folder, file));
        return has("source.spm") ? MarianTokenizer.Read(folder)
            : has(Json) ? TokenizerJson.Read(Path.Combine(folder, Json), new TokenizerConfig(folder))
            : SentencePieceFolder.FileNames.Any(has) ? SentencePieceFolder.Read(folder, new TokenizerConfig(folder))
            : has("merges.txt") ? LoadBytePair(folder)
            : has("vocab.txt") ? LoadWordPiece(folder)
            : throw new TokenizerException(
                $"tokenizer: no tokenizer files; got {Listing(folder)} in '{folder}'; "
                + $"expected source.spm with target.spm and vocab.json, or tokenizer.json, or a SentencePiece "
                + $"model ({string.Join(", ", SentencePieceFolder.FileNames)}), or merges.txt with vocab.json, or vocab.txt.");
    }

    /// <summary>Whether the folder holds a tokenizer's files.</summary>
    /// <param name="folder">A folder, which may be absent.</param>
    public static bool IsIn(string folder) => s_markers.Append(Json).Any(file => File.Exists(Path.Combine(folder, file)));

    /// <summary>
    /// The tokenizer of a model: null where the folder has none, or nothing but a <c>tokenizer.json</c> of a kind that is not read here:
    /// token ids will do then.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="notice">Why there is none though the folder has a file; else null.</param>
    /// <exception cref="TokenizerException">A malformed file.</exception>
    internal static ITokenizer? Find(string folder, out string? notice)
    {
        notice = null;
        try
        {
            return IsIn(folder) ? Load(folder) : null;
        }
        catch (TokenizerException e) when (e.IsUnsupported && !s_markers.Any(file => File.Exists(Path.Combine(folder, file))))
        {
            notice = e.Message;
            return null;
        }
    }

    private static ITokenizer LoadBytePair(string folder)
    {
        var config = new TokenizerConfig(folder);
        config.RequireClass("GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer", "CodeGenTokenizer");
        bool roberta = config.IsClass("RobertaTokenizer", "BartTokenizer");
        BytePairOptions standard = roberta
            ? new() { Roberta = true, Bos = "<s>", Eos = "</s>", Unk = "<unk>", Pad = "<pad>", Mask = "<mask>" }
            : new();
        return BytePairEncoding.Read(Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"), standard with
        {
            AddPrefixSpace = config.Flag("add_prefix_space") ?? standard.AddPrefixSpace,
            AddBos = config.Flag("add_bos_token") ?? standard.AddBos,
            Bos = config.TokenName("bos_token") ?? standard.Bos,
            Eos = config.TokenName("eos_token") ?? standard.Eos,
            Unk = config.TokenName("unk_token") ?? standard.Unk,
            Pad = config.TokenName("pad_token") ?? standard.Pad,
            Mask = config.TokenName("mask_token") ?? standard.Mask,
        }, config.AddedTokens());
    }

    private static ITokenizer LoadWordPiece(string folder)
    {
        var config = new TokenizerConfig(folder);
        config.RequireClass("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer");
        WordPieceOptions standard = config.IsClass("MPNetTokenizer")
            ? new() { Roberta = true, Cls = "<s>", Sep = "</s>", Pad = "<pad>", Mask = "<mask>" }
            : new();
        return WordPiece.Create(Vocabulary.ReadText(Path.Combine(folder, "vocab.txt")), standard with
        {
            LowerCase = config.Flag("do_lower_case") ?? standard.LowerCase,
            StripAccents = config.Flag("strip_accents"),
            SpaceCjk = config.Flag("tokenize_chinese_chars") ?? standard.SpaceCjk,
            Unk = config.TokenName("unk_token") ?? standard.Unk,
            Cls = config.TokenName("cls_token") ?? standard.Cls,
            Sep = config.TokenName("sep_token") ?? standard.Sep,
            Pad = config.TokenName("pad_token") ?? standard.Pad,
            Mask = config.TokenName("mask_token") ?? standard.Mask,
        }, "vocab.txt", config.AddedTokens());
    }

    private static string Listing(string folder)
    {
        string[] names = [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).Take(9)];
        return names.Length == 0 ? "no files" : string.Join(", ", names.Take(8)) + (names.Length > 8 ? ", …" : "");
    }
}
