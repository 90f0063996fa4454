namespace Vitrine.Transformers;

/// <summary>
/// What Marian, BART, mBART, M2M-100, Pegasus and Blenderbot share: their checkpoints spell the tensors alike (as fairseq's models were
/// first brought to Hugging Face), and the same keys of config.json hold their sizes.
/// </summary>
internal static class Fairseq
{
    private const float Epsilon = 1e-5f; // torch's default; the config has none

    /// <summary>What attention and feed-forward layers of these checkpoints hold, and those of OPT and XGLM.</summary>
    public static IReadOnlyDictionary<string, string> Parts { get; } = new Dictionary<string, string>
    {
        ["W_Q"] = "q_proj.weight^T",
        ["b_Q"] = "q_proj.bias",
        ["W_K"] = "k_proj.weight^T",
        ["b_K"] = "k_proj.bias",
        ["W_V"] = "v_proj.weight^T",
        ["b_V"] = "v_proj.bias",
        ["W_O"] = "out_proj.weight^T",
        ["b_O"] = "out_proj.bias",
        ["W_in"] = "fc1.weight^T",
        ["b_in"] = "fc1.bias",
        ["W_out"] = "fc2.weight^T",
        ["b_out"] = "fc2.bias",
        ["w"] = "weight",
        ["b"] = "bias",
    };

    /// <summary>
    /// Canonical paths to checkpoint names: whole names, then modules, then what they hold. Linear layers are stored as [d_out, d_in].
    /// </summary>
    private static readonly Dictionary<string, string> s_names = new(Parts)
    {
        ["embed.W_E"] = "model.shared.weight",
        ["encoder_embed.W_E"] = "model.encoder.embed_tokens.weight",
        ["decoder_embed.W_E"] = "model.decoder.embed_tokens.weight",
        ["encoder.pos_embed.W_pos"] = "model.encoder.embed_positions.weight",
        ["decoder.pos_embed.W_pos"] = "model.decoder.embed_positions.weight",
        ["encoder.embed_ln"] = "model.encoder.layernorm_embedding",
        ["decoder.embed_ln"] = "model.decoder.layernorm_embedding",
        ["encoder_final_ln"] = "model.encoder.layer_norm",
        ["decoder_final_ln"] = "model.decoder.layer_norm",
        ["unembed.W_U"] = "lm_head.weight",
        ["unembed.b_U"] = "final_logits_bias",
        ["encoder.{i}.attn"] = "model.encoder.layers.{i}.self_attn",
        ["encoder.{i}.ln1"] = "model.encoder.layers.{i}.self_attn_layer_norm",
        ["encoder.{i}.mlp"] = "model.encoder.layers.{i}",
        ["encoder.{i}.ln2"] = "model.encoder.layers.{i}.final_layer_norm",
        ["decoder.{i}.attn"] = "model.decoder.layers.{i}.self_attn",
        ["decoder.{i}.ln1"] = "model.decoder.layers.{i}.self_attn_layer_norm",
        ["decoder.{i}.cross_attn"] = "model.decoder.layers.{i}.encoder_attn",
        ["decoder.{i}.ln2"] = "model.decoder.layers.{i}.encoder_attn_layer_norm",
        ["decoder.{i}.mlp"] = "model.decoder.layers.{i}",
        ["decoder.{i}.ln3"] = "model.decoder.layers.{i}.final_layer_norm",
        ["pooler"] = "classification_head.dense",
        ["classifier"] = "classification_head.out_proj",
        ["qa_outputs"] = "qa_outputs",
        ["W"] = "weight^T",
    };

    /// <summary>Reads what the families share; each adds what it has of its own.</summary>
    /// <param name="json">The configuration.</param>
    /// <param name="languageModel">The class that predicts the next word.</param>
    /// <param name="order">Where blocks normalise.</param>
    /// <param name="activation">Of the feed-forward layers, where the config says nothing.</param>
    /// <param name="scaled">Whether words are scaled by √d_model, where the config says nothing.</param>
    public static EncoderDecoderOptions Read(ModelConfig json, string languageModel, BlockOrder order, string activation, bool scaled)
    {
        int dModel = json.Int("d_model", 1024);
        bool tied = json.Flag("tie_word_embeddings", true);
        return new()
        {
            LanguageModel = languageModel,
            Names = s_names,
            Style = Style(shared: true, tied, []),
            DModel = dModel,
            Layers = decoder => json.Int($"{Side(decoder)}_layers", 12),
            NHeads = json.Int("encoder_attention_heads", 16),
            Vocab = 50265,
            MaxPositions = json.Int("max_position_embeddings", 1024),
            EmbeddingScale = json.Flag("scale_embedding", scaled) ? MathF.Sqrt(dModel) : 1,
            Block = Block,
            Tied = tied,
            HeadBias = true,
        };

        static string Side(bool decoder) => decoder ? "decoder" : "encoder";

        BlockOptions Block(bool decoder)
        {
            string side = Side(decoder);
            int nHeads = json.Int($"{side}_attention_heads", 16), dMlp = json.Int($"{side}_ffn_dim", 4096);
            json.Divides($"{side}_attention_heads", nHeads, "d_model", dModel);
            string act = json.Text("activation_function", activation);
            var options = new AttentionOptions { DModel = dModel, NHeads = nHeads };
            return new()
            {
                Order = order,
                Norm = LayerNorm(dModel),
                Attention = path => new(path, options with { Causal = decoder }),
                Cross = decoder ? path => new(path, options) : null,
                Mlp = path => new(path, dModel, dMlp, act),
            };
        }
    }

    /// <summary>A norm of the stream.</summary>
    public static Func<ModulePath, Norm> LayerNorm(int dModel) => path => Norm.Layer(path, dModel, Epsilon);

    /// <summary>Which names stand for one shared table, and what is no parameter.</summary>
    /// <param name="shared">Whether source and target share words.</param>
    /// <param name="tied">Whether the unembedding is the embedding.</param>
    /// <param name="ignorable">Ends of names that are no parameters, with the reason.</param>
    public static CheckpointStyle Style(bool shared, bool tied, Dictionary<string, string> ignorable)
    {
        string[] source = shared ? ["model.shared.weight", "model.encoder.embed_tokens.weight"] : [];
        return new("model.")
        {
            Ignorable = ignorable,
            Tied = [[.. source, "model.decoder.embed_tokens.weight", .. tied ? ["lm_head.weight"] : Array.Empty<string>()]],
        };
    }
}
