namespace Vitrine.Transformers;

/// <summary>Builds the stages around the model from the components a tokenizer.json lists.</summary>
/// <param name="root">The whole file.</param>
/// <param name="config">The settings next to it, which go before it where transformers says so.</param>
/// <param name="path">The file, for errors.</param>
/// <param name="unsupported">Receives the components that are not understood.</param>
/// <param name="notices">Receives what the two files disagree about.</param>
internal sealed class JsonStages(JsonPart root, TokenizerConfig config, string path, List<string> unsupported, List<string> notices)
{
    private static readonly string[] s_bertClasses = ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"];
    private static readonly string[] s_llamaClasses = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer"];

    /// <summary>The normalizer; null where the text stays as it is.</summary>
    public INormalizer? Normalizer()
    {
        INormalizer[] steps = [.. Flatten(root["normalizer"], "normalizers").Select(Normalizer).OfType<INormalizer>()];
        return steps.Length > 1 ? new NormalizerSequence(steps) : steps.FirstOrDefault();
    }

    /// <summary>What splits words; null where nothing does.</summary>
    /// <param name="bytes">Whether the model spells words in bytes: where the last rule is ByteLevel. An earlier one rewrites the text
    /// instead.</param>
    public IPreTokenizer? PreTokenizer(out bool bytes)
    {
        JsonPart[] parts = [.. Flatten(root["pre_tokenizer"], "pretokenizers")];
        bytes = parts.LastOrDefault()?.Type == "ByteLevel";
        var steps = new List<IPreTokenizer>();
        for (int i = 0; i < parts.Length; i++)
        {
            steps.AddRange(PreTokenizer(parts[i], isLast: i == parts.Length - 1));
        }

        return steps.Count > 1 ? new PreTokenizerSequence(steps) : steps.FirstOrDefault();
    }

    /// <summary>What goes around the texts.</summary>
    /// <param name="trimOffsets">Whether offsets leave out spaces.</param>
    public PostTemplate Template(out bool trimOffsets)
    {
        PostTemplate template = PostTemplate.Plain;
        trimOffsets = false;
        foreach (JsonPart part in Flatten(root["post_processor"], "processors"))
        {
            trimOffsets |= part.Type is "ByteLevel" or "RobertaProcessing" && part.Flag("trim_offsets", true);
            template = part.Type switch
            {
                "ByteLevel" => template,
                "BertProcessing" => PostTemplate.Bert(TokenId(part["cls"]), TokenId(part["sep"])),
                "RobertaProcessing" => PostTemplate.Roberta(TokenId(part["cls"]), TokenId(part["sep"])),
                "TemplateProcessing" => new PostTemplate([.. Places(part, "single", texts: 1)], [.. Places(part, "pair", texts: 2)]),
                _ => Unsupported(part, template),
            };
        }

        return template;
    }

    /// <summary>
    /// Llama's and Gemma's <c>add_bos_token</c> and <c>add_eos_token</c>, which go before the template of tokenizer.json.
    /// </summary>
    public PostTemplate WithConfiguredEnds(PostTemplate template, Vocabulary vocabulary, SpecialTokens special)
    {
        if (!config.IsClass(s_llamaClasses))
        {
            return template;
        }

        bool begins = template.Single is [{ Sequence: < 0 }, ..], ends = template.Single is [.., { Sequence: < 0 }];
        bool bos = config.Flag("add_bos_token") ?? begins, eos = config.Flag("add_eos_token") ?? ends;
        if ((bos, eos) == (begins, ends))
        {
            return template;
        }

        notices.Add($"tokenizer_config.json says add_bos_token {Json(bos)} and add_eos_token {Json(eos)}, tokenizer.json {Json(begins)} "
            + $"and {Json(ends)}: the first goes, as in transformers.");
        return PostTemplate.Ends(bos ? Required("bos_token", special.Bos) : null, eos ? Required("eos_token", special.Eos) : null);

        int Required(string role, int? id) => id ?? throw new TokenizerException(
            $"tokenizer_json: no {role}; got {vocabulary.Count} pieces and none of that role in {path}; expected one, for "
            + $"tokenizer_config.json wants it added.");
    }

    private INormalizer? Normalizer(JsonPart part)
    {
        switch (part.Type)
        {
            case "BertNormalizer":
                bool lowerCase = Overruled(part, "lowercase", "do_lower_case", true);
                bool? strip = part["strip_accents"].IsPresent ? part.Flag("strip_accents", lowerCase) : null;
                if (config.IsClass(s_bertClasses) && config.Flag("strip_accents") is { } wanted && wanted != strip)
                {
                    notices.Add($"tokenizer_config.json says strip_accents {Json(wanted)}, "
                        + $"tokenizer.json {(strip is { } s ? Json(s) : "null")}: the first goes, as in transformers.");
                    strip = wanted;
                }

                return new BertNormalizer
                {
                    CleanText = part.Flag("clean_text", true),
                    SpaceCjk = Overruled(part, "handle_chinese_chars", "tokenize_chinese_chars", true),
                    LowerCase = lowerCase,
                    StripAccents = strip ?? lowerCase,
                    FinalSigma = false,
                };
            case "Lowercase":
                return new NormalizerStep(text => LowerCase.Apply(text, finalSigma: false));
            case "NFD":
                return new NormalizerStep(CanonicalNormalizer.Decompose);
            case "NFC":
                return new NormalizerStep(CanonicalNormalizer.Compose);
            case "NFKD":
                return new NormalizerStep(text => CanonicalNormalizer.Decompose(text, compatibility: true));
            case "NFKC":
                return new NormalizerStep(text => CanonicalNormalizer.Compose(text, compatibility: true));
            case "StripAccents":
                return new NormalizerStep(text => BertNormalizer.Without(text, CharacterClasses.IsMark));
            case "Strip":
                (bool left, bool right) = (part.Flag("strip_left", true), part.Flag("strip_right", true));
                return new NormalizerStep(text => TextEdits.Strip(text, left, right));
            case "Prepend":
                string prefix = part["prepend"].AsText();
                return new NormalizerStep(text => text.Prepend(prefix));
            case "Replace":
                string content = part["content"].AsText();
                return Pattern(part["pattern"]) is { } pattern
                    ? new NormalizerStep(text => TextEdits.Replace(text, pattern, content)) : null;
            case "Nmt":
                return new NormalizerStep(TextEdits.Nmt);
            case "ByteLevel":
                return new NormalizerStep(ByteAlphabet.Spell);
            case "Precompiled":
                return Precompiled(part["precompiled_charsmap"]);
            default:
                return Unsupported<INormalizer?>(part, null);
        }
    }

    private IEnumerable<IPreTokenizer> PreTokenizer(JsonPart part, bool isLast)
    {
        switch (part.Type)
        {
            case "ByteLevel":
                if (Overruled(part, "add_prefix_space", "add_prefix_space", true))
                {
                    yield return RewritingWords.SpaceBefore;
                }

                if (part.Flag("use_regex", true))
                {
                    yield return new PatternWords(new Gpt2Words(), SplitBehavior.Isolated);
                }

                if (!isLast)
                {
                    yield return RewritingWords.Bytes;
                }

                break;
            case "BertPreTokenizer":
                yield return new BertWords();
                break;
            case "Metaspace":
                bool split = part.Flag("split", true);
                yield return RewritingWords.Metaspace(part.Character("replacement", SentencePieceNormalizer.Space), PrefixOf(part), split);
                break;
            case "Split":
                if (Pattern(part["pattern"]) is { } pattern)
                {
                    yield return new PatternWords(pattern, Behavior(part, null), part.Flag("invert", false));
                }

                break;
            case "Punctuation":
                yield return new PatternWords(new CharacterPattern(CharacterClasses.IsPunctuation), Behavior(part, SplitBehavior.Isolated));
                break;
            case "Digits":
                yield return new PatternWords(
                    new CharacterPattern(CharacterClasses.IsNumber), part.Flag("individual_digits", false)
                    ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
                break;
            case "Whitespace":
                yield return new PatternWords(new CharacterPattern(CharacterClasses.IsWhiteSpace), SplitBehavior.Removed);
                yield return new PatternWords(new CharacterPattern(CharacterClasses.IsWord), SplitBehavior.Contiguous);
                break;
            case "WhitespaceSplit":
                yield return new PatternWords(new CharacterPattern(CharacterClasses.IsWhiteSpace), SplitBehavior.Removed);
                break;
            case "CharDelimiterSplit":
                char delimiter = part.Character("delimiter", '\0');
                yield return new PatternWords(new CharacterPattern(code => code == delimiter), SplitBehavior.Removed);
                break;
            default:
                Unsupported(part, 0);
                break;
        }
    }

    /// <summary>A flag that the settings next to the file decide where they name it, as transformers has it for these classes.</summary>
    private bool Overruled(JsonPart part, string name, string setting, bool absent)
    {
        bool flag = part.Flag(name, absent);
        bool applies = name == "add_prefix_space" ? config.IsClass("GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer",
            "GPTNeoXTokenizer") : config.IsClass(s_bertClasses);
        if (applies && config.Flag(setting) is { } wanted && wanted != flag)
        {
            notices.Add($"tokenizer_config.json says {setting} {Json(wanted)}, tokenizer.json {name} {Json(flag)}: the first goes, as in "
                + $"transformers.");
            return wanted;
        }

        return flag;
    }

    private ITextPattern? Pattern(JsonPart part)
    {
        if (part.Text("String") is { } literal)
        {
            return new LiteralPattern(literal);
        }

        ITextPattern? pattern = RegexPattern.Parse(part["Regex"].AsText(), path, out string reason);
        if (pattern is null)
        {
            unsupported.Add($"{part.Place}: {reason}");
        }

        return pattern;
    }

    private static SplitBehavior Behavior(JsonPart part, SplitBehavior? absent) => part.Text("behavior") switch
    {
        null when absent is { } known => known,
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        _ => throw part["behavior"].Malformed("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous"),
    };

    private static RewritingWords.Prefix PrefixOf(JsonPart part) => part.Text("prepend_scheme") switch
    {
        null => part.Flag("add_prefix_space", true) ? RewritingWords.Prefix.Always : RewritingWords.Prefix.Never,
        "always" => RewritingWords.Prefix.Always,
        "first" => RewritingWords.Prefix.First,
        "never" => RewritingWords.Prefix.Never,
        _ => throw part["prepend_scheme"].Malformed("always, first or never"),
    };

    private NormalizerStep? Precompiled(JsonPart part)
    {
        string base64 = part.AsText();
        if (base64.Length == 0)
        {
            return null;
        }

        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out int length))
        {
            throw part.Malformed("base64");
        }

        var rules = new CharsMap(bytes[..length], path);
        return new NormalizerStep(text => TextEdits.Precompiled(text, rules));
    }

    private static IEnumerable<TemplatePlace> Places(JsonPart part, string name, int texts)
    {
        foreach (JsonPart place in part[name].Items())
        {
            JsonPart text = place["Sequence"], token = place["SpecialToken"];
            if (text.IsPresent)
            {
                int sequence = text.Text("id") switch
                {
                    "A" => 0,
                    "B" when texts > 1 => 1,
                    _ =>
                    throw text["id"].Malformed(texts > 1 ? "A or B" : "A")
                };
                yield return TemplatePlace.Text(sequence, text.Integer("type_id", least: 0) ?? 0);
                continue;
            }

            foreach (JsonPart id in part["special_tokens"][token["id"].AsText()]["ids"].Items())
            {
                yield return TemplatePlace.Token(id.AsInteger(0), token.Integer("type_id", least: 0) ?? 0);
            }
        }
    }

    /// <summary>The id in <c>["[CLS]", 101]</c>.</summary>
    private static int TokenId(JsonPart pair) =>
        (pair.Items().ElementAtOrDefault(1) ?? throw pair.Malformed("a token and its id")).AsInteger(0);

    /// <summary>A component, or the components of a sequence; nothing where it is absent.</summary>
    private static IEnumerable<JsonPart> Flatten(JsonPart part, string members) => !part.IsPresent ? []
        : part.Type == "Sequence" ? part[members].Items().SelectMany(p => Flatten(p, members))
        : [part];

    private static string Json(bool flag) => flag ? "true" : "false";

    private T Unsupported<T>(JsonPart part, T instead)
    {
        unsupported.Add($"{part.Place} {part.Type}");
        return instead;
    }
}
