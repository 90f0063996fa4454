namespace Vitrine.Transformers;

/// <summary>Builds the stages around the model from the components a tokenizer.json lists.</summary>
/// <param name="root">The whole file.</param>
/// <param name="config">The settings next to it, which go before it where transformers says so.</param>
/// <param name="path">The file, for errors.</param>
/// <param name="unsupported">Receives the components that are not understood.</param>
/// <param name="notices">Receives what the two files disagree about.</param>
internal sealed class JsonStages(JsonField root, TokenizerConfig config, string path, List<string> unsupported, List<string> notices)
{
    private static readonly string[] s_bertClasses = ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"];
    private static readonly string[] s_llamaClasses = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer"];

    /// <summary>The normalizer; null where the text stays as it is.</summary>
    public INormalizer? Normalizer()
    {
        INormalizer[] steps = [.. Flatten(root.Part("normalizer"), "normalizers").Select(Normalizer).OfType<INormalizer>()];
        return steps.Length > 1 ? new NormalizerSequence(steps) : steps.FirstOrDefault();
    }

    /// <summary>What splits words; null where nothing does.</summary>
    /// <param name="bytes">Whether the model spells words in bytes: where the last rule is ByteLevel. An earlier one rewrites the text
    /// instead.</param>
    public IPreTokenizer? PreTokenizer(out bool bytes)
    {
        JsonField[] parts = [.. Flatten(root.Part("pre_tokenizer"), "pretokenizers")];
        bytes = parts is [.., { } last] && last.TypeName() == "ByteLevel";
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
        foreach (JsonField part in Flatten(root.Part("post_processor"), "processors"))
        {
            trimOffsets |= part.TypeName() is "ByteLevel" or "RobertaProcessing" && part.Flag("trim_offsets", true);
            template = part.TypeName() switch
            {
                "ByteLevel" => template,
                "BertProcessing" => PostTemplate.Bert(TokenId(part.Part("cls")), TokenId(part.Part("sep"))),
                "RobertaProcessing" => PostTemplate.Roberta(TokenId(part.Part("cls")), TokenId(part.Part("sep"))),
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

    private INormalizer? Normalizer(JsonField part)
    {
        switch (part.TypeName())
        {
            case "BertNormalizer":
                bool lowerCase = Overruled(part, "lowercase", "do_lower_case", true);
                bool? strip = part.Part("strip_accents").IsPresent ? part.Flag("strip_accents", lowerCase) : null;
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
                string prefix = part.Part("prepend").Text();
                return new NormalizerStep(text => text.Prepend(prefix));
            case "Replace":
                string content = part.Part("content").Text();
                return Pattern(part.Part("pattern")) is { } pattern
                    ? new NormalizerStep(text => TextEdits.Replace(text, pattern, content)) : null;
            case "Nmt":
                return new NormalizerStep(TextEdits.Nmt);
            case "ByteLevel":
                return new NormalizerStep(ByteAlphabet.Spell);
            case "Precompiled":
                return Precompiled(part.Part("precompiled_charsmap"));
            default:
                return Unsupported<INormalizer?>(part, null);
        }
    }

    private IEnumerable<IPreTokenizer> PreTokenizer(JsonField part, bool isLast)
    {
        switch (part.TypeName())
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
                if (Pattern(part.Part("pattern")) is { } pattern)
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
    private bool Overruled(JsonField part, string name, string setting, bool absent)
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

    private ITextPattern? Pattern(JsonField part)
    {
        if (part.Text("String") is { } literal)
        {
            return new LiteralPattern(literal);
        }

        ITextPattern? pattern = RegexPattern.Parse(part.Part("Regex").Text(), path, out string reason);
        if (pattern is null)
        {
            unsupported.Add($"{part.Path}: {reason}");
        }

        return pattern;
    }

    private static SplitBehavior Behavior(JsonField part, SplitBehavior? absent) => part.Text("behavior") switch
    {
        null when absent is { } known => known,
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        _ => throw part.Part("behavior").Bad("is not known", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous"),
    };

    private static RewritingWords.Prefix PrefixOf(JsonField part) => part.Text("prepend_scheme") switch
    {
        null => part.Flag("add_prefix_space", true) ? RewritingWords.Prefix.Always : RewritingWords.Prefix.Never,
        "always" => RewritingWords.Prefix.Always,
        "first" => RewritingWords.Prefix.First,
        "never" => RewritingWords.Prefix.Never,
        _ => throw part.Part("prepend_scheme").Bad("is not known", "always, first or never"),
    };

    private NormalizerStep? Precompiled(JsonField part)
    {
        string base64 = part.Text();
        if (base64.Length == 0)
        {
            return null;
        }

        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out int length))
        {
            throw part.Bad("is not readable", "base64");
        }

        var rules = new CharsMap(bytes[..length], path);
        return new NormalizerStep(text => TextEdits.Precompiled(text, rules));
    }

    private static IEnumerable<TemplatePlace> Places(JsonField part, string name, int texts)
    {
        foreach (JsonField place in part.Part(name).Items())
        {
            JsonField text = place.Part("Sequence"), token = place.Part("SpecialToken");
            if (text.IsPresent)
            {
                int sequence = text.Text("id") switch
                {
                    "A" => 0,
                    "B" when texts > 1 => 1,
                    _ =>
                    throw text.Part("id").Bad("names no text", texts > 1 ? "A or B" : "A")
                };
                yield return TemplatePlace.Text(sequence, text.Whole("type_id", 0) ?? 0);
                continue;
            }

            foreach (JsonField id in part.Part("special_tokens").Part(token.Part("id").Text()).Part("ids").Items())
            {
                yield return TemplatePlace.Token(id.Whole(0, int.MaxValue), token.Whole("type_id", 0) ?? 0);
            }
        }
    }

    /// <summary>The id in <c>["[CLS]", 101]</c>.</summary>
    private static int TokenId(JsonField pair) =>
        pair.Items(2)[1].Whole(0, int.MaxValue);

    /// <summary>A component, or the components of a sequence; nothing where it is absent.</summary>
    private static IEnumerable<JsonField> Flatten(JsonField part, string members) => !part.IsPresent ? []
        : part.TypeName() == "Sequence" ? part.Part(members).Items().SelectMany(p => Flatten(p, members))
        : [part];

    private static string Json(bool flag) => flag ? "true" : "false";

    private T Unsupported<T>(JsonField part, T instead)
    {
        unsupported.Add($"{part.Path} {part.TypeName()}");
        return instead;
    }
}
