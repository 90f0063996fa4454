namespace Vitrine.Transformers;

/// <summary>Reads a checkpoint's wishes for generation: from <c>generation_config.json</c>, or from <c>config.json</c> where there is none.</summary>
internal static class GenerationConfig
{
    private const string FileName = "generation_config.json";

    /// <summary>The options of a model folder. As in Hugging Face, the second file is not consulted when the first exists.</summary>
    public static GenerationOptions Read(string folder, ModelConfig config)
    {
        ModelConfig json = File.Exists(Path.Combine(folder, FileName)) ? ModelConfig.Read(folder, FileName) : config;
        json.Expect("num_beam_groups", "1");
        json.Expect("penalty_alpha", "0", "0.0");
        json.Expect("diversity_penalty", "0", "0.0");
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
        };
    }

    private static EarlyStopping EarlyStopping(this ModelConfig json) => json.IsText("early_stopping")
        ? json.Text("early_stopping", "") == "never"
            ? Transformers.EarlyStopping.Never
            : throw json.Wrong("early_stopping", "is not understood", json.Text("early_stopping", ""), "true, false or \"never\"")
        : json.Flag("early_stopping", false) ? Transformers.EarlyStopping.Yes : Transformers.EarlyStopping.No;
}
