// StableLM: Llama's plan with LayerNorm, of which the first quarter of each head is rotated; some of its models run attention and MLP in
// parallel after one norm. Bellagente et al. 2024 (Stable LM 2 1.6B). Sizes: d_model 2048, 32 heads of 64, 24 layers, 100352 words.
// Read next: Decoders/Decoder.cs.
namespace Vitrine.Transformers;

/// <summary>StableLM, all sizes but the 12B, which normalises queries and keys.</summary>
internal static class StableLm
{
    private static readonly Dictionary<string, string> s_names = new(Llama.Names)
    {
        ["blocks.{i}.ln1.b"] = "model.layers.{i}.input_layernorm.bias",
        ["blocks.{i}.ln2.b"] = "model.layers.{i}.post_attention_layernorm.bias",
        ["ln_final.b"] = "model.norm.bias",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("qk_layernorm", "false");
        int dModel = json.Int("hidden_size", 2560), nHeads = json.Int("num_attention_heads", 32),
            dMlp = json.Int("intermediate_size", 6912);
        json.Divides("num_attention_heads", nHeads, "hidden_size", dModel);
        int nKeyValueHeads = json.Int("num_key_value_heads", nHeads);
        json.Divides("num_key_value_heads", nKeyValueHeads, "num_attention_heads", nHeads);
        bool tied = json.Flag("tie_word_embeddings", false), bias = json.Flag("use_qkv_bias", false),
            parallel = json.Flag("use_parallel_residual", false);
        string activation = json.Text("hidden_act", "silu");
        float epsilon = (float)json.Number("layer_norm_eps", 1e-5);
        RotaryOptions rotary = RotaryOptions.Read(json, dModel / nHeads, share: 0.25);
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "StableLm",
            Names = s_names,
            Style = CheckpointStyle.Llama,
            DModel = dModel,
            NLayers = json.Int("num_hidden_layers", 32),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 50304),
            MaxPositions = json.Int("max_position_embeddings", 4096),
            Block = _ => new()
            {
                Order = parallel ? BlockOrder.Parallel : BlockOrder.PreNorm,
                SharedNorm = parallel,
                Norm = Norm,
                Rotary = rotary,
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    NKeyValueHeads = nKeyValueHeads,
                    Causal = true,
                    Rotary = true,
                    Bias = bias,
                    OutputBias = false,
                }),
                Mlp = path => new(path, dModel, dMlp, activation, gated: true, bias: false),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }
}
