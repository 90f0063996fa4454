namespace Vitrine.Transformers;

/// <summary>Tokenizers of folders that hold a SentencePiece model and no tokenizer.json: the class that transformers names decides what ids
/// its pieces have and what goes around a text.</summary>
/// <remarks>
/// transformers 4, tokenization_llama.py, _gemma, _t5, _albert, _deberta_v2, _xlm_roberta, _camembert, _mbart, _mbart50, _nllb, _m2m_100,
/// _pegasus, _xglm.
/// </remarks>
internal static class SentencePieceFolder
{
    /// <summary>The names that such a model has on the hub.</summary>
    public static IReadOnlyList<string> FileNames { get; } = ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model"];

    private static readonly string[] s_mbart25 =
    [
        "ar_AR", "cs_CZ", "de_DE", "en_XX", "es_XX", "et_EE", "fi_FI", "fr_XX", "gu_IN", "hi_IN", "it_IT", "ja_XX", "kk_KZ",
        "ko_KR", "lt_LT", "lv_LV", "my_MM", "ne_NP", "nl_XX", "ro_RO", "ru_RU", "si_LK", "tr_TR", "vi_VN", "zh_CN",
    ];

    private static readonly string[] s_mbart50More =
    [
        "af_ZA", "az_AZ", "bn_IN", "fa_IR", "he_IL", "hr_HR", "id_ID", "ka_GE", "km_KH", "mk_MK", "ml_IN", "mn_MN", "mr_IN", "pl_PL",
        "ps_AF", "pt_XX", "sv_SE", "sw_KE", "ta_IN", "te_IN", "th_TH", "tl_XX", "uk_UA", "ur_PK", "xh_ZA", "gl_ES", "sl_SI",
    ];

    private static readonly Dictionary<string, Func<Parts, PipelineTokenizer>> s_classes = new(StringComparer.Ordinal)
    {
        ["LlamaTokenizer"] = Llama,
        ["CodeLlamaTokenizer"] = Llama,
        ["GemmaTokenizer"] = Llama,
        ["T5Tokenizer"] = T5,
        ["MT5Tokenizer"] = T5,
        ["AlbertTokenizer"] = Albert,
        ["DebertaV2Tokenizer"] = DebertaV2,
        ["XLMRobertaTokenizer"] = XlmRoberta,
        ["CamembertTokenizer"] = Camembert,
        ["MBartTokenizer"] = parts => Languages(parts, s_mbart25, codeFirst: false),
        ["MBart50Tokenizer"] = parts => Languages(parts, [.. s_mbart25, .. s_mbart50More], codeFirst: true),
        ["NllbTokenizer"] = parts => Languages(parts, [], codeFirst: parts.Config.Flag("legacy_behaviour") != true),
        ["M2M100Tokenizer"] = M2M100,
        ["PegasusTokenizer"] = Pegasus,
        ["XGLMTokenizer"] = Xglm,
    };

    /// <summary>Opens the tokenizer of a folder that holds one of <see cref="FileNames"/>.</summary>
    /// <exception cref="TokenizerException">A malformed file, or a class that is not among those above.</exception>
    public static ITokenizer Read(string folder, TokenizerConfig config)
    {
        string path = Path.Combine(folder, FileNames.First(name => File.Exists(Path.Combine(folder, name))));
        SentencePieceModel model = SentencePieceModel.Read(path);
        string name = config.PieceClass ?? Guess(path, model);
        return s_classes.TryGetValue(name, out Func<Parts, PipelineTokenizer>? build)
            ? build(new Parts(folder, model, config))
            : throw new TokenizerException(
                $"tokenizer: unsupported tokenizer_class for a SentencePiece file alone; got '{name}' with {path}; expected "
                    + $"{string.Join(", ", s_classes.Keys)}. "
                + "With the tokenizer.json of the checkpoint it may be read.")
            { IsUnsupported = true };
    }

    private static string Guess(string path, SentencePieceModel model) => Path.GetFileName(path) switch
    {
        "tokenizer.model" when model.IsBpe => "LlamaTokenizer",
        "spiece.model" when model.Pieces.IdOf("[CLS]") is null => "T5Tokenizer",
        "spiece.model" => "AlbertTokenizer",
        "sentencepiece.bpe.model" => "XLMRobertaTokenizer",
        "spm.model" => "DebertaV2Tokenizer",
        _ => "unknown",
    };

    /// <summary>What a folder holds.</summary>
    private sealed record Parts(string Folder, SentencePieceModel Model, TokenizerConfig Config)
    {
        public string Name(string role, string standard) => Config.TokenName(role) ?? standard;

        /// <summary>The pieces of the model as they are, with further ones after them.</summary>
        public (Vocabulary Vocabulary, int[] Ids) Direct(params string[] more)
        {
            int count = Model.Kinds.Length;
            string[] pieces = [.. Enumerable.Range(0, count).Select(Model.Pieces.PieceOf)];
            return (Vocabulary.FromPieces([.. pieces, .. more.Where(piece => !pieces.Contains(piece))]), [.. Enumerable.Range(0, count)]);
        }

        /// <summary>fairseq's order: four special tokens of its own, the model's pieces from its fourth on, further ones.</summary>
        public (Vocabulary Vocabulary, int[] Ids) Fairseq(params string[] more)
        {
            int count = Model.Kinds.Length;
            int unk = 3;
            return (Vocabulary.FromPieces(["<s>", "<pad>", "</s>", "<unk>", .. Enumerable.Range(3, count - 3).Select(Model.Pieces.PieceOf),
                .. more]),
                [.. Enumerable.Range(0, count).Select(i => i switch { 0 => unk, 1 => 0, 2 => 2, _ => i + 1 })]);
        }

        /// <summary>The tokenizer.</summary>
        public PipelineTokenizer Build((Vocabulary Vocabulary, int[] Ids) pieces, Func<Func<string, int?>, SpecialTokens> special,
            Func<Func<string, int?>, PostTemplate> template, INormalizer? before = null)
        {
            IReadOnlyList<AddedToken> added = Config.AddedTokens();
            Vocabulary vocabulary = pieces.Vocabulary.With(added, Model.Source);
            SpecialTokens roles = special(vocabulary.IdOf);
            int unk = roles.Unk ?? throw new TokenizerException(
                $"tokenizer: no unknown token; got {vocabulary.Count} pieces without '{Name("unk_token", "<unk>")}' in {Model.Source} "
                + $"of '{Folder}'; expected it among them.");
            INormalizer normalizer = new SentencePieceNormalizer(Model);
            IEnumerable<AddedToken> extra = Enumerable.Range(0, vocabulary.Count)
                .Where(id => id >= pieces.Ids.Length && vocabulary.Contains(id) && !pieces.Ids.Contains(id))
                .Select(id => new AddedToken(vocabulary.PieceOf(id), id));
            return new PipelineTokenizer(new PipelineTokenizer.Stages(Model.Source, vocabulary, Model.Subwords(vocabulary, pieces.Ids, unk),
                new SentencePieceDecoder(Model, vocabulary.PieceOf(unk)), roles)
            {
                Added = AddedToken.Union(vocabulary, roles, [.. added, .. extra]),
                Normalizer = before is null ? normalizer : new NormalizerSequence([before, normalizer]),
                Template = template(vocabulary.IdOf),
            });
        }

        /// <summary>The id of a token that is needed.</summary>
        public int Required(Func<string, int?> idOf, string piece) => idOf(piece) ?? throw new TokenizerException(
            $"tokenizer: a token is missing; got {Model.Source} of '{Folder}' without '{piece}'; expected it among the pieces.");
    }

    private static PipelineTokenizer Llama(Parts parts)
    {
        string bos = parts.Name("bos_token", "<s>"), eos = parts.Name("eos_token", "</s>");
        return parts.Build(
            parts.Direct(),
            idOf => new SpecialTokens
            {
                Bos = idOf(bos),
                Eos = idOf(eos),
                Unk = idOf(parts.Name("unk_token", "<unk>")),
                Pad = parts.Config.TokenName("pad_token") is { } pad ? idOf(pad) : null,
            },
            idOf => PostTemplate.Ends(
                parts.Config.Flag("add_bos_token") == false ? null : parts.Required(idOf, bos), parts.Config.Flag("add_eos_token") == true
                ? parts.Required(idOf, eos) : null));
    }

    private static PipelineTokenizer T5(Parts parts)
    {
        int extra = parts.Config.Integer("extra_ids") ?? 100;
        if (extra is < 0 or > 10_000)
        {
            throw new TokenizerException($"tokenizer: bad extra_ids; got {extra} in the tokenizer_config.json of '{parts.Folder}'; "
                + $"expected 0 to 10000.");
        }

        string eos = parts.Name("eos_token", "</s>");
        return parts.Build(
            parts.Direct([.. Enumerable.Range(0, extra).Select(i => $"<extra_id_{extra - 1 - i}>")]), // the last id is <extra_id_0>
            idOf => new SpecialTokens
            {
                Eos = idOf(eos),
                Unk = idOf(parts.Name("unk_token", "<unk>")),
                Pad = idOf(parts.Name("pad_token", "<pad>"))
            },
            idOf =>
            {
                TemplatePlace end = TemplatePlace.Token(parts.Required(idOf, eos), 0);
                return new([TemplatePlace.Text(0, 0), end], [TemplatePlace.Text(0, 0), end, TemplatePlace.Text(1, 0), end]);
            });
    }

    private static PipelineTokenizer Albert(Parts parts)
    {
        bool lower = parts.Config.Flag("do_lower_case") ?? true, accents = parts.Config.Flag("keep_accents") ?? false;
        var quotes = new NormalizerStep(text => TextEdits.Replace(TextEdits.Replace(text, new LiteralPattern("``"), "\""),
            new LiteralPattern("''"), "\""));
        var plain = new NormalizerStep(text => BertNormalizer.Without(CanonicalNormalizer.Decompose(text, compatibility: true),
            CharacterClasses.IsMark));
        var small = new NormalizerStep(text => LowerCase.Apply(text, finalSigma: true));
        return Bert(parts, "<pad>", "<unk>",
            new NormalizerSequence([quotes, .. accents ? (INormalizer[])[] : [plain], .. lower ? (INormalizer[])[small] : []]));
    }

    private static PipelineTokenizer DebertaV2(Parts parts) => Bert(
        parts, "[PAD]", "[UNK]", parts.Config.Flag("do_lower_case") == true
        ? new NormalizerStep(text => LowerCase.Apply(text, finalSigma: true)) : null);

    private static PipelineTokenizer Bert(Parts parts, string pad, string unk, INormalizer? before)
    {
        if (parts.Config.Flag("split_by_punct") == true)
        {
            throw new TokenizerException($"tokenizer: unsupported split_by_punct; "
                + $"got it set in the tokenizer_config.json of '{parts.Folder}'; expected false.")
            { IsUnsupported = true };
        }

        (string cls, string sep, string mask) =
            (parts.Name("cls_token", "[CLS]"), parts.Name("sep_token", "[SEP]"), parts.Name("mask_token", "[MASK]"));
        return parts.Build(
            parts.Direct(mask),
            idOf => new SpecialTokens
            {
                Cls = idOf(cls),
                Sep = idOf(sep),
                Mask = idOf(mask),
                Unk = idOf(parts.Name("unk_token", unk)),
                Pad = idOf(parts.Name("pad_token", pad)),
            },
            idOf => PostTemplate.Bert(parts.Required(idOf, cls), parts.Required(idOf, sep)),
            before);
    }

    private static PipelineTokenizer XlmRoberta(Parts parts) => parts.Build(
        parts.Fairseq("<mask>"), idOf => FairseqRoles(idOf),
        idOf => PostTemplate.Roberta(parts.Required(idOf, "<s>"), parts.Required(idOf, "</s>")));

    private static SpecialTokens FairseqRoles(Func<string, int?> idOf) => new()
    {
        Cls = idOf("<s>"),
        Sep = idOf("</s>"),
        Bos = idOf("<s>"),
        Eos = idOf("</s>"),
        Pad = idOf("<pad>"),
        Unk = idOf("<unk>"),
        Mask = idOf("<mask>"),
    };

    /// <summary>XLM-R's ids, seven words that training made up after them, and the end token before each text.</summary>
    private static PipelineTokenizer Xglm(Parts parts) => parts.Build(
        parts.Fairseq([.. Enumerable.Range(0, 7).Select(i => $"<madeupword{i}>")]), FairseqRoles, idOf =>
        {
            TemplatePlace end = TemplatePlace.Token(parts.Required(idOf, "</s>"), 0);
            return new([end, TemplatePlace.Text(0, 0)], [end, TemplatePlace.Text(0, 0), end, end, TemplatePlace.Text(1, 0)]);
        });

    /// <summary>Padding, end, two masks and 101 unused tokens; the model's pieces after them, from its unknown one on.</summary>
    private static PipelineTokenizer Pegasus(Parts parts)
    {
        int offset = parts.Config.Integer("offset") ?? 103;
        if (offset != 103 || parts.Model.Pieces.IdOf("<unk>") is not 2)
        {
            throw new TokenizerException($"tokenizer: another order of ids than Pegasus'; got offset {offset} and the unknown piece at "
                + $"{parts.Model.Pieces.IdOf("<unk>")} in '{parts.Folder}'; expected 103 and 2.")
            { IsUnsupported = true };
        }

        int count = parts.Model.Kinds.Length;
        Vocabulary vocabulary = Vocabulary.FromPieces(
            ["<pad>", "</s>", "<mask_1>", "<mask_2>", .. Enumerable.Range(2, 101).Select(i => $"<unk_{i}>"),
                .. Enumerable.Range(2, count - 2).Select(parts.Model.Pieces.PieceOf)]);
        return parts.Build(
            (vocabulary, [.. Enumerable.Range(0, count).Select(i => i < 2 ? i : i + offset)]),
            idOf => new SpecialTokens { Eos = idOf("</s>"), Pad = idOf("<pad>"), Unk = idOf("<unk>"), Mask = idOf("<mask_2>") },
            idOf => PostTemplate.EndOfSentence(parts.Required(idOf, "</s>")));
    }

    private static PipelineTokenizer Camembert(Parts parts)
    {
        // Its five own ids come first; of the model's, those of <s> and </s> are used, too.
        int count = parts.Model.Kinds.Length;
        Vocabulary vocabulary = Vocabulary.FromPieces(
            ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED",
                .. Enumerable.Range(1, count - 1).Select(parts.Model.Pieces.PieceOf), "<mask>"]);
        return parts.Build(
            (vocabulary, [.. Enumerable.Range(0, count).Select(i => i == 0 ? 3 : i + 4)]),
            FairseqRoles,
            idOf => PostTemplate.Roberta(parts.Required(idOf, "<s>"), parts.Required(idOf, "</s>")));
    }

    /// <summary>mBART and NLLB: language codes after the pieces, one of them around each text.</summary>
    private static PipelineTokenizer Languages(Parts parts, string[] standard, bool codeFirst)
    {
        string[] codes = LanguageCodes(parts, standard);
        return parts.Build(
            parts.Fairseq([.. codes, "<mask>"]), FairseqRoles,
            idOf => PostTemplate.Language(parts.Required(idOf, Source(parts, codes)), parts.Required(idOf, "</s>"), codeFirst));
    }

    private static PipelineTokenizer M2M100(Parts parts)
    {
        string[] codes = LanguageCodes(parts, []);
        Vocabulary vocabulary = Vocabulary.ReadJson(Path.Combine(parts.Folder, "vocab.json"));
        int count = vocabulary.Count;
        vocabulary = vocabulary.With([.. codes.Select((code, i) => new AddedToken(code, count + i))], "vocab.json");
        int unk = parts.Required(vocabulary.IdOf, "<unk>");
        int[] ids = [.. Enumerable.Range(0, parts.Model.Kinds.Length)
            .Select(i => vocabulary.TryGetId(parts.Model.Pieces.SpellingOf(i), out int id) ? id : unk)];
        return parts.Build((vocabulary, ids), FairseqRoles,
            idOf => PostTemplate.Language(parts.Required(idOf, Source(parts, codes)), parts.Required(idOf, "</s>"), codeFirst: true));
    }

    private static string[] LanguageCodes(Parts parts, string[] standard)
    {
        IReadOnlyList<string> named = parts.Config.TokenNames("additional_special_tokens");
        return named.Count > 0 ? [.. named]
            : standard.Length > 0 ? standard
            : throw new TokenizerException(
                $"tokenizer: no language codes; got '{parts.Folder}' without additional_special_tokens in tokenizer_config.json or "
                + $"special_tokens_map.json; expected them there, in the order of their ids.");
    }

    /// <summary>The code of the language that texts are in unless another is asked for: <c>src_lang</c>, else English.</summary>
    private static string Source(Parts parts, string[] codes)
    {
        string wanted = parts.Config.Text("src_lang") ?? "en_XX";
        return codes.FirstOrDefault(code => code == wanted || code == $"__{wanted}__")
            ?? codes.FirstOrDefault(code => code is "__en__" or "eng_Latn")
            ?? codes[0];
    }
}
