namespace Vitrine.Transformers;

/// <summary>Reads a checkpoint's wishes for generation: from <c>generation_config.json</c>, or from <c>config.json</c> where there is none.</summary>
internal static class GenerationConfig
{
    private const string FileName = "generation_config.json";

    /// <summary>Settings that are not implemented, with the values at which they do nothing.</summary>
    private static readonly (string Key, string[] Neutral)[] s_unsupported =
    [
        ("num_beam_groups", ["1"]), ("diversity_penalty", ["0", "0.0"]), ("penalty_alpha", ["0", "0.0"]), ("typical_p", ["1", "1.0"]),
        ("epsilon_cutoff", ["0", "0.0"]), ("eta_cutoff", ["0", "0.0"]), ("min_p", ["0", "0.0"]), ("encoder_repetition_penalty", ["1", "1.0"]),
        ("encoder_no_repeat_ngram_size", ["0"]), ("guidance_scale", ["1", "1.0"]), ("exponential_decay_length_penalty", []),
        ("suppress_tokens", ["[]"]), ("begin_suppress_tokens", ["[]"]), ("forced_decoder_ids", ["[]"]), ("sequence_bias", ["{}", "[]"]),
        ("constraints", ["[]"]), ("force_words_ids", ["[]"]),
    ];

    /// <summary>The options of a model folder. As in Hugging Face, the second file is not consulted when the first exists.</summary>
    public static GenerationOptions Read(string folder, ModelConfig config)
    {
        ModelConfig json = File.Exists(Path.Combine(folder, FileName)) ? ModelConfig.Read(folder, FileName) : config;
        var standard = new GenerationOptions();
        return standard with
        {
            // An encoder–decoder's max_length counts its start token; a decoder's counts the prompt, which is not known here.
            MaxNewTokens = json.Int("max_new_tokens", config.Flag("is_encoder_decoder", false) ? json.Int("max_length", 21, least: 2) - 1 : standard.MaxNewTokens),
            MinNewTokens = json.Int("min_new_tokens", 0, least: 0),
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
            ForcedBosId = json.OptionalInt("forced_bos_token_id"),
            ForcedEosId = json.OptionalInt("forced_eos_token_id"),
            EosIds = json.Ints("eos_token_id"),
            PadId = json.OptionalInt("pad_token_id"),
            DecoderStartId = json.OptionalInt("decoder_start_token_id"),
            Unsupported = [.. s_unsupported.Where(setting => json.Differs(setting.Key, setting.Neutral)).Select(setting => setting.Key)],
        };
    }

    private static EarlyStopping EarlyStopping(this ModelConfig json) => json.IsText("early_stopping")
        ? json.Text("early_stopping", "") == "never"
            ? Transformers.EarlyStopping.Never
            : throw json.Wrong("early_stopping", "is not understood", json.Text("early_stopping", ""), "true, false or \"never\"")
        : json.Flag("early_stopping", false) ? Transformers.EarlyStopping.Yes : Transformers.EarlyStopping.No;
}
