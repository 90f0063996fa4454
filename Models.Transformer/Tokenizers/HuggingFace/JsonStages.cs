namespace Vitrine.Transformers;

/// <summary>Builds the stages around the model from the components a tokenizer.json lists.</summary>
/// <param name="root">The whole file.</param>
/// <param name="unsupported">Receives the components that are not understood.</param>
internal sealed class JsonStages(JsonPart root, List<string> unsupported)
{
    /// <summary>The normalizer; null where the text stays as it is.</summary>
    public INormalizer? Normalizer()
    {
        INormalizer[] steps = [.. Flatten(root["normalizer"], "normalizers").Select(Normalizer).OfType<INormalizer>()];
        return steps.Length > 1 ? new NormalizerSequence(steps) : steps.FirstOrDefault();
    }

    /// <summary>What splits words; null where nothing does.</summary>
    /// <param name="byteLevel">Whether pieces are written in bytes.</param>
    /// <param name="prefixSpace">Whether a space goes before the text.</param>
    public IPreTokenizer? PreTokenizer(out bool byteLevel, out bool prefixSpace)
    {
        JsonPart[] parts = [.. Flatten(root["pre_tokenizer"], "pretokenizers")];
        byteLevel = parts.Any(p => p.Type == "ByteLevel");
        prefixSpace = parts.Any(p => p.Type == "ByteLevel" && p.Flag("add_prefix_space", true));
        if (parts.Length > 1)
        {
            unsupported.Add($"a sequence of pre-tokenizers ({string.Join(", ", parts.Select(p => p.Type))})");
            return null;
        }

        return parts.FirstOrDefault() is not { } part ? null : part.Type switch
        {
            "BertPreTokenizer" => new BertWords(),
            "ByteLevel" => part.Flag("use_regex", true) ? new Gpt2Words() : null,
            _ => Unsupported<IPreTokenizer>(part),
        };
    }

    /// <summary>What turns pieces into text again; the model's usual way where the file does not say.</summary>
    public IPieceDecoder Decoder(bool isBpe)
    {
        JsonPart part = root["decoder"];
        return part.Type switch
        {
            "ByteLevel" => new ByteLevelDecoder(),
            "" when isBpe => new ByteLevelDecoder(),
            "" or "WordPiece" => new WordPieceDecoder(part.Text("prefix") ?? "##", part.Flag("cleanup", true)),
            _ => Unsupported<IPieceDecoder>(part) ?? new ByteLevelDecoder(),
        };
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
                "TemplateProcessing" => new PostTemplate([.. Places(part, "single")], [.. Places(part, "pair")]),
                _ => Unsupported<PostTemplate>(part) ?? template,
            };
        }

        return template;
    }

    private INormalizer? Normalizer(JsonPart part)
    {
        switch (part.Type)
        {
            case "BertNormalizer":
                bool lowerCase = part.Flag("lowercase", true);
                return new BertNormalizer
                {
                    CleanText = part.Flag("clean_text", true),
                    SpaceCjk = part.Flag("handle_chinese_chars", true),
                    LowerCase = lowerCase,
                    StripAccents = part.Flag("strip_accents", lowerCase),
                    FinalSigma = false,
                };
            case "Lowercase":
                return new NormalizerStep(text => LowerCase.Apply(text, finalSigma: false));
            case "NFD":
                return new NormalizerStep(CanonicalNormalizer.Decompose);
            case "NFC":
                return new NormalizerStep(CanonicalNormalizer.Compose);
            case "StripAccents":
                return new NormalizerStep(text => BertNormalizer.Without(text, CharacterClasses.IsMark));
            default:
                return Unsupported<INormalizer>(part);
        }
    }

    private static IEnumerable<TemplatePlace> Places(JsonPart part, string name)
    {
        foreach (JsonPart place in part[name].Items())
        {
            JsonPart text = place["Sequence"], token = place["SpecialToken"];
            if (text.IsPresent)
            {
                yield return TemplatePlace.Text(text.Text("id") == "B" ? 1 : 0, text.Integer("type_id") ?? 0);
                continue;
            }

            foreach (JsonPart id in part["special_tokens"][token["id"].AsText()]["ids"].Items())
            {
                yield return TemplatePlace.Token(id.AsInteger(), token.Integer("type_id") ?? 0);
            }
        }
    }

    /// <summary>The id in <c>["[CLS]", 101]</c>.</summary>
    private static int TokenId(JsonPart pair) => (pair.Items().ElementAtOrDefault(1) ?? throw pair.Malformed("a token and its id")).AsInteger();

    /// <summary>A component, or the components of a sequence; nothing where it is absent.</summary>
    private static IEnumerable<JsonPart> Flatten(JsonPart part, string members) => !part.IsPresent ? []
        : part.Type == "Sequence" ? part[members].Items().SelectMany(p => Flatten(p, members))
        : [part];

    private T? Unsupported<T>(JsonPart part)
        where T : class
    {
        unsupported.Add($"{part.Place} {part.Type}");
        return null;
    }
}
