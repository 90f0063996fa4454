namespace Vitrine.Transformers;

/// <summary>
/// Reads a checkpoint's options for generation: from <c>generation_config.json</c>, or from <c>config.json</c> where there is none.
/// </summary>
internal static class GenerationConfig
{
    private const string FileName = "generation_config.json";

    /// <summary>
    /// Settings that are not implemented, with the values at which they do nothing, and whether they only matter when tokens are drawn.
    /// </summary>
    private static readonly (string Key, string[] Neutral, bool Drawn)[] s_unsupported =
    [
        ("num_beam_groups", ["1"], false), ("diversity_penalty", ["0", "0.0"], false), ("penalty_alpha", ["0", "0.0"], false),
        ("typical_p", ["1", "1.0"], true),
        ("epsilon_cutoff", ["0", "0.0"], true), ("eta_cutoff", ["0", "0.0"], true), ("min_p", ["0", "0.0"], true),
        ("encoder_repetition_penalty", ["1", "1.0"], false),
        ("encoder_no_repeat_ngram_size", ["0"], false), ("guidance_scale", ["1", "1.0"], false),
        ("exponential_decay_length_penalty", [], false),
        ("forced_decoder_ids", ["[]"], false), ("sequence_bias", ["{}", "[]"], false), ("constraints", ["[]"], false),
        ("force_words_ids", ["[]"], false),
    ];

    /// <summary>Settings that are read, or that change nothing of what is written.</summary>
    private static readonly HashSet<string> s_known =
    [
        "max_new_tokens", "max_length", "min_length", "min_new_tokens", "num_beams", "num_return_sequences", "length_penalty",
        "early_stopping", "do_sample", "temperature", "top_k", "top_p", "repetition_penalty", "no_repeat_ngram_size", "bad_words_ids",
        "suppress_tokens", "begin_suppress_tokens", "forced_bos_token_id", "forced_eos_token_id", "eos_token_id", "pad_token_id",
        "decoder_start_token_id", "bos_token_id", "transformers_version", "_from_model_config", "use_cache", "cache_implementation",
        "cache_config", "return_legacy_cache", "output_attentions", "output_hidden_states", "output_scores", "output_logits",
        "return_dict_in_generate", "is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule", "prompt_lookup_num_tokens",
        "max_matching_ngram_size", "assistant_confidence_threshold", "assistant_early_exit", "assistant_lookbehind", "target_lookbehind",
        "low_memory", "compile_config", "disable_compile", "prefill_chunk_size", "remove_invalid_values",
        .. s_unsupported.Select(setting => setting.Key),
    ];

    /// <summary>The options of a model folder. As in Hugging Face, the second file is not consulted when the first exists.</summary>
    public static GenerationOptions Read(string folder, ModelConfig config)
    {
        bool hasFile = File.Exists(Path.Combine(folder, FileName));
        ModelConfig json = hasFile ? ModelConfig.Read(folder, FileName) : config;
        var standard = new GenerationOptions();
        bool twoSided = config.Flag("is_encoder_decoder", false);
        return standard with
        {
            // An encoder–decoder's lengths count its start token; a decoder's count the prompt, which is not known here.
            MaxNewTokens = json.Int("max_new_tokens", twoSided ? json.Int("max_length", 21, least: 2) - 1 : standard.MaxNewTokens),
            MaxLength = twoSided || json.Has("max_new_tokens") || !json.Has("max_length") ? null : json.Int("max_length"),
            MinLength = twoSided ? 0 : json.Int("min_length", 0, least: 0),
            MinNewTokens = Math.Max(json.Int("min_new_tokens", 0, least: 0), twoSided ? json.Int("min_length", 0, least: 0) - 1 : 0),
            NumBeams = json.Int("num_beams", 1),
            NumReturnSequences = json.Int("num_return_sequences", 1),
            LengthPenalty = json.Number("length_penalty", 1),
            EarlyStopping = json.EarlyStopping(),
            Sample = json.Flag("do_sample", false),
            Temperature = json.Number("temperature", 1),
            TopK = json.Int("top_k", standard.TopK, least: 0),
            TopP = json.Number("top_p", 1),
            RepetitionPenalty = json.Number("repetition_penalty", 1),
            NoRepeatNgramSize = json.Int("no_repeat_ngram_size", 0, least: 0),
            BadWords = json.IntLists("bad_words_ids"),
            Suppressed = [.. json.Ints("suppress_tokens").Where(id => id >= 0)],
            SuppressedAtBegin = [.. json.Ints("begin_suppress_tokens").Where(id => id >= 0)],
            ForcedBosId = json.OptionalInt("forced_bos_token_id"),
            ForcedEosId = json.OptionalInt("forced_eos_token_id"),
            EosIds = [.. json.Ints("eos_token_id").Where(id => id >= 0)], // -1 stands for none
            PadId = json.OptionalInt("pad_token_id"),
            DecoderStartId = json.OptionalInt("decoder_start_token_id"),
            Unsupported = Unsupported(json, drawn: false),
            UnsupportedDrawing = Unsupported(json, drawn: true),
            NotObeyed = hasFile ? [.. json.Names.Where(name => !s_known.Contains(name) && json.Differs(name, "false", "[]", "{}"))] : [],
        };
    }

    /// <summary>What a user should know about the settings of a checkpoint: those that are not obeyed.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="vocabulary">Number of tokens the model has.</param>
    public static IEnumerable<string> Notices(GenerationOptions options, int vocabulary)
    {
        if (options.Unsupported.Count > 0)
        {
            yield return $"The generation settings ask for {string.Join(", ", options.Unsupported)}, "
                + "which cannot be done here: generating with them is refused.";
        }
        if (options.UnsupportedDrawing.Count > 0)
        {
            yield return $"The generation settings ask for {string.Join(", ", options.UnsupportedDrawing)}, "
                + "which cannot be done here: drawing tokens with them is refused.";
        }
        if (options.NotObeyed.Count > 0)
        {
            yield return $"The generation settings hold {string.Join(", ", options.NotObeyed)}, which are not known here: not obeyed.";
        }
        (string Name, IEnumerable<int> Ids)[] all =
        [
            ("eos_token_id", options.EosIds), ("bad_words_ids", options.BadWords.SelectMany(word => word)),
            ("suppress_tokens", options.Suppressed),
            ("begin_suppress_tokens", options.SuppressedAtBegin), ("forced_bos_token_id", options.ForcedBosId is { } bos ? [bos] : []),
            ("forced_eos_token_id", options.ForcedEosId is { } eos ? [eos] : []), ("pad_token_id", options.PadId is { } pad ? [pad] : []),
        ];
        foreach ((string name, IEnumerable<int> ids) in all)
        {
            int[] beyond = [.. ids.Where(id => id < 0 || id >= vocabulary).Distinct().Take(4)];
            if (beyond.Length > 0)
            {
                string effect = name.StartsWith("forced", StringComparison.Ordinal) ? "generating with it is refused" : "not obeyed";
                yield return $"The generation setting {name} names {string.Join(", ", beyond)}, "
                    + $"which the model's vocabulary of {vocabulary} does not have: {effect}.";
            }
        }
    }

    private static string[] Unsupported(ModelConfig json, bool drawn) =>
        [.. s_unsupported.Where(setting => setting.Drawn == drawn && json.Differs(setting.Key, setting.Neutral))
            .Select(setting => setting.Key)];

    private static EarlyStopping EarlyStopping(this ModelConfig json) => json.IsText("early_stopping")
        ? json.Text("early_stopping", "") == "never"
            ? Transformers.EarlyStopping.Never
            : throw json.Wrong("early_stopping", "is not understood", json.Text("early_stopping", ""), "true, false or \"never\"")
        : json.Flag("early_stopping", false) ? Transformers.EarlyStopping.Yes : Transformers.EarlyStopping.No;
}
